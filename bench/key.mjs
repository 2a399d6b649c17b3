/** What callers of the signed-in server prove themselves by. */
export const apiKey = 'bench-0123456789-abcdefghijklmnop';
