package cluster

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// skim appends to out what a cut leaves of a message. It returns false where it does not understand the message, and
// then what it has appended is of no use.
func (c *cut) skim(out, message []byte) ([]byte, bool) {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return out, false
		}
		value := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if value < 0 {
			return out, false
		}
		field := message[:tag+value]
		message = message[tag+value:]
		if c.drops(int(number)) {
			continue
		}
		part := c.into[int(number)]
		if part == nil || kind != protowire.BytesType {
			out = append(out, field...)
			continue
		}
		inner, _ := protowire.ConsumeBytes(field[tag:])
		head := len(field) - len(inner)
		out = append(out, field[:head]...)
		at, understood := len(out), false
		if out, understood = part.skim(out, inner); !understood {
			return out, false
		}
		putLength(out[at-(head-tag):at], uint64(len(out)-at))
	}
	return out, true
}

// putLength writes a length over a longer one and keeps its width: a varint may be padded.
func putLength(at []byte, n uint64) {
	last := len(at) - 1
	for i := range last {
		at[i] = byte(n) | 0x80
		n >>= 7
	}
	at[last] = byte(n)
}
