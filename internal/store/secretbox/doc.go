// Package secretbox owns the key of a data folder and all that is derived from
// it: the encryption of secrets at rest, keyed digests, and the signature of the
// audit.
//
// It promises that
//
//   - a copy of the database alone reveals no secret: the key is in a file of its
//     own (secret.key), or is given in the environment;
//   - an encrypted text can be decrypted for its own place only, such as its
//     endpoint, and a changed text isn't decrypted at all (AES-256-GCM, a random
//     nonce each);
//   - a digest can't be tested against guesses without the key, and each purpose
//     has a key of its own (HKDF);
//   - a Box prints as a placeholder.
//
// It refuses to make a key where the folder had one: that would hide that the key
// is lost. It knows no table.
package secretbox
