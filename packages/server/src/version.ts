/** Version of the Qdrant dialect that is spoken; clients compare it with their own. */
export const VERSION = '1.19.0';
