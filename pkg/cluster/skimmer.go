package cluster

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// buffered is how much of a buffer waits for the next page. Whole lists, with --chunk-size=0, are bigger.
const buffered = 4 << 20

// skimmer is a transport that skims the answers to requests whose context asks for it. It stands below client-go so
// that retries, refusals and bodies that break off stay client-go's own.
type skimmer struct {
	next    http.RoundTripper
	readers sync.Pool
}

type skimming struct{}

// skim is what a request asks for: what goes of the items, and who takes them while they arrive.
type skim struct {
	item  *cut
	batch *batcher // nil leaves them in the list
}

// withCut asks for the items of lists without what the cut leaves out, and for batches of them.
func withCut(ctx context.Context, item *cut, batch *batcher) context.Context {
	return context.WithValue(ctx, skimming{}, skim{item, batch})
}

// skimLists wraps a transport.
func skimLists(next http.RoundTripper) http.RoundTripper {
	return &skimmer{next: next, readers: sync.Pool{New: func() any { return new(skimmed) }}}
}

// RoundTrip implements http.RoundTripper.
func (s *skimmer) RoundTrip(req *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(req)
	asked, ok := req.Context().Value(skimming{}).(skim)
	if err != nil || !ok || response.StatusCode != http.StatusOK {
		return response, err
	}
	reader, _ := s.readers.Get().(*skimmed)
	reader.reset(response.Body, asked)
	response.Body = &skimmedBody{skimmed: reader, body: response.Body, readers: &s.readers}
	response.ContentLength = -1 // it is no longer what the server said
	return response, nil
}

// WrappedRoundTripper lets client-go find the transport below, as it does for its own wrappers.
func (s *skimmer) WrappedRoundTripper() http.RoundTripper { return s.next }

// skimmedBody lends a reader to the body of one answer.
type skimmedBody struct {
	*skimmed
	body    io.ReadCloser
	readers *sync.Pool
}

// Read implements io.Reader.
func (b *skimmedBody) Read(p []byte) (int, error) {
	if b.skimmed == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.skimmed.Read(p)
}

// Close implements io.Closer. The reader goes to the next answer.
func (b *skimmedBody) Close() error {
	if reader := b.skimmed; reader != nil {
		b.skimmed, reader.skim = nil, skim{}
		if cap(reader.out) <= buffered && cap(reader.field) <= buffered {
			b.readers.Put(reader)
		}
	}
	return b.body.Close()
}
