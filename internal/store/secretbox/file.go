package secretbox

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// fileHeader begins each encrypted file and names its scheme.
const fileHeader = "postern file 1\n"

func fileCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// EncryptFile encrypts the content of a file. The same content becomes the same file,
// so that files may be named by their hash and shared: the nonce is a keyed hash of
// the content. Without the key, a file can't be compared with a guess of its content.
func (b *Box) EncryptFile(content []byte) []byte {
	nonce := mac(b.nonces, content)[:b.files.NonceSize()]
	file := make([]byte, 0, len(fileHeader)+len(nonce)+len(content)+b.files.Overhead())
	file = append(append(file, fileHeader...), nonce...)
	return b.files.Seal(file, nonce, content, []byte(fileHeader))
}

// DecryptFile is the inverse of EncryptFile. Its error is ErrKey for another key, or
// for a file that was changed.
func (b *Box) DecryptFile(file []byte) ([]byte, error) {
	head := len(fileHeader) + b.files.NonceSize()
	if len(file) < head || string(file[:len(fileHeader)]) != fileHeader {
		return nil, errors.New("it is no encrypted file of Postern")
	}
	content, err := b.files.Open(nil, file[len(fileHeader):head], file[head:], []byte(fileHeader))
	if err != nil {
		return nil, ErrKey
	}
	return content, nil
}
