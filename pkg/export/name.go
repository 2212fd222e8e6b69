package export

import (
	"crypto/sha256"
	"encoding/hex"
)

// nameLimit is what every target takes: names become values of labels and parts of the names of other objects.
const nameLimit = 63

// objectName names the object of a rule or mutation of a set. A name that would be too long is cut, and told from others
// by a hash of the whole.
func objectName(set, item string) string {
	return cut(set+"-"+item, nameLimit)
}

// cut gives a name of at most limit characters.
func cut(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	mark := "-" + digest(name)
	return name[:limit-len(mark)] + mark
}

// digest tells names apart in few characters.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}
