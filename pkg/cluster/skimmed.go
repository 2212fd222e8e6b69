package cluster

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// envelope is what API servers put in front of protobuf.
	envelope = "k8s\x00"
	// rawField is where the envelope has the message, itemsField where every list has its items.
	rawField, itemsField = 2, 2
	// believed is how much room a length gets before as many bytes have come.
	believed = 64 << 10
)

// skimmed is the body of a list without what a cut leaves out of its items. What it does not understand it hands on as
// it came (JSON, a list cut short, anything malformed), so that whoever decodes it says what is wrong with it, in the
// words and with the errors that the body itself would have led to.
type skimmed struct {
	skim
	body  *bufio.Reader
	begun bool
	// out is what the body has become, as far as it was skimmed; behind served it is still to be read.
	out    []byte
	served int
	// field is the field of the list at hand.
	field []byte
	// from is where in out the items begin that were not handed on; there are so many of them.
	from, items int
	// parts says that some were.
	parts bool
	// refused is why whoever takes the items wants no more.
	refused error
}

// sticky is a reader whose first error stays, whoever else reads on.
type sticky struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (s *sticky) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.Reader.Read(p)
	s.err = err
	return n, err
}

// reset makes it the reader of another body. Its buffers stay.
func (s *skimmed) reset(body io.Reader, asked skim) {
	if s.body == nil {
		s.body = bufio.NewReaderSize(nil, believed)
	}
	s.body.Reset(&sticky{Reader: body})
	s.skim, s.begun, s.out, s.served = asked, false, s.out[:0], 0
	s.items, s.parts, s.refused = 0, false, nil
}

// Read implements io.Reader.
func (s *skimmed) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		s.message()
	}
	if s.refused != nil {
		return 0, s.refused
	}
	if s.served < len(s.out) {
		n := copy(p, s.out[s.served:])
		s.served += n
		return n, nil
	}
	return s.body.Read(p)
}

// message skims the envelope, up to the end of the list in it or of what can be understood.
func (s *skimmed) message() {
	if start, _ := s.body.Peek(len(envelope)); string(start) != envelope {
		return
	}
	s.out, _ = s.take(s.out, uint64(len(envelope)))
	for {
		before := len(s.out)
		number, n, width, ok := s.head(&s.out)
		if !ok {
			return
		}
		if number != rawField || n > math.MaxInt64 {
			if s.out, ok = s.take(s.out, n); !ok {
				return
			}
			continue
		}
		if s.batch != nil && !s.batch.expects(s.out[len(envelope):before]) {
			s.batch = nil
		}
		at := len(s.out)
		left := s.list(int64(n))
		putLength(s.out[at-width:at], uint64(int64(len(s.out)-at)+left))
		return
	}
}

// list skims a list of so many bytes, and returns how many of them it has left to be read: less than none where it
// read beyond the end of a list that is malformed.
func (s *skimmed) list(left int64) int64 {
	for left > 0 && s.refused == nil {
		s.field = s.field[:0]
		number, n, width, ok := s.head(&s.field)
		head := len(s.field)
		if left -= int64(head); ok && left >= 0 && n <= uint64(left) {
			s.field, ok = s.take(s.field, n)
			left -= int64(len(s.field) - head)
		} else {
			ok = false
		}
		if !ok {
			s.out = append(s.out, s.field...)
			break
		}
		s.keep(number, head, width)
	}
	if left == 0 && s.parts {
		s.handOn()
	}
	return left
}

// keep puts the field at hand, of which head bytes are tag and length, into what the body becomes. A short list stays
// whole.
func (s *skimmed) keep(number protowire.Number, head, width int) {
	if s.batch != nil && (s.items >= s.batch.most || number != itemsField || len(s.out)-s.from > batchBytes) {
		s.handOn()
	}
	at := len(s.out)
	if number == itemsField {
		if s.items++; s.items == 1 {
			s.from = at
		}
		s.out = append(s.out, s.field[:head]...)
		begin, understood := len(s.out), false
		if s.out, understood = s.item.skim(s.out, s.field[head:]); understood {
			putLength(s.out[begin-width:begin], uint64(len(s.out)-begin))
			return
		}
		s.out = s.out[:at]
	}
	s.out = append(s.out, s.field...)
}

// handOn takes the items at the end of what the body becomes out of it. What cannot be decoded stays, and what comes
// behind it.
func (s *skimmed) handOn() {
	if s.batch == nil || s.items == 0 || s.refused != nil {
		return
	}
	understood := false
	if understood, s.refused = s.batch.hand(s.out[s.from:], s.items); !understood {
		s.batch = nil
		return
	}
	s.out, s.items, s.parts = s.out[:s.from], 0, true
}

// head reads the tag and the length of a field that has one, and appends them to b. width is how many bytes the length
// takes.
func (s *skimmed) head(b *[]byte) (number protowire.Number, n uint64, width int, ok bool) {
	tag, ok := s.varint(b)
	if !ok || tag > math.MaxInt32 {
		return 0, 0, 0, false
	}
	number, kind := protowire.DecodeTag(tag)
	if kind != protowire.BytesType || number < protowire.MinValidNumber {
		return 0, 0, 0, false
	}
	before := len(*b)
	n, ok = s.varint(b)
	return number, n, len(*b) - before, ok
}

// varint reads a number and appends its bytes to b.
func (s *skimmed) varint(b *[]byte) (uint64, bool) {
	begin := len(*b)
	for range binary.MaxVarintLen64 {
		c, err := s.body.ReadByte()
		if err != nil {
			return 0, false
		}
		*b = append(*b, c)
		if c < 0x80 {
			n, width := protowire.ConsumeVarint((*b)[begin:])
			return n, width > 0
		}
	}
	return 0, false
}

// take reads n bytes and appends them to b, as many as there are. A length is believed only as bytes come.
func (s *skimmed) take(b []byte, n uint64) ([]byte, bool) {
	for n > 0 {
		step := int(min(n, believed))
		at := len(b)
		b = slices.Grow(b, step)[:at+step]
		got, err := io.ReadFull(s.body, b[at:])
		b = b[:at+got]
		if err != nil {
			return b, false
		}
		n -= uint64(got)
	}
	return b, true
}
