/** Signs 32-byte digests for one address. A private key, an encrypted keystore or a remote service stands behind it; the key is never shown. */
export interface Signer {
	/** Lower-case hexadecimal with 0x. */
	readonly address: string;
	/** r 32 | s 32 | v 1, low s, v 27 or 28. */
	sign(digest: Uint8Array): Promise<Uint8Array>;
}
