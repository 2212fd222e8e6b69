package relabel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// chain makes and checks the lines of a journal. Each is a JSON object whose last field is a checksum of it and of all
// lines before it, so that the first line that is not as it was written is the one that is named. It tells damage, not
// malice.
type chain struct{ sum string }

const (
	sumField = `,"sum":"`
	sumEnd   = `"}`
	// sumLength is that of a checksum in characters, of four bits each: enough to tell what happened by accident.
	sumLength = 16
)

func errSum() error {
	return errors.New("this line, or one that stood before it, is not as it was written: its checksum does not fit")
}

// line is the line of an object that has a field, newline included.
func (c *chain) line(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the journal: %w", err)
	}
	c.sum = sumOf(c.sum, body)
	return fmt.Appendf(body[:len(body)-1], "%s%s%s\n", sumField, c.sum, sumEnd), nil
}

// body is the object of a line, whose newline has been taken off.
func (c *chain) body(text []byte) ([]byte, error) {
	at := len(text) - len(sumField) - sumLength - len(sumEnd)
	if at < 0 || !bytes.HasPrefix(text[at:], []byte(sumField)) || !bytes.HasSuffix(text, []byte(sumEnd)) {
		return nil, errSum()
	}
	body := append(bytes.Clone(text[:at]), '}')
	sum := sumOf(c.sum, body)
	if sum != string(text[at+len(sumField):at+len(sumField)+sumLength]) {
		return nil, errSum()
	}
	c.sum = sum
	return body, nil
}

// sumOf is the checksum of a line after one with that checksum.
func sumOf(before string, body []byte) string {
	sum := sha256.New()
	sum.Write([]byte(before))
	sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))[:sumLength]
}
