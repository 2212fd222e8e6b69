package fakeapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Reel shows the pages of a list in an order of its own. It belongs on the whole list, not on one of its pages.
type Reel struct {
	// Order is the numbers of the pages, from 0, in the order in which they are shown.
	Order func(pages int) []int
	// Endless shows the last of them for ever, each time by a new token, or by the Same.
	Endless, Same bool
	// Changed gives a page that is shown another content; nil leaves it as it is. n counts what is shown, from 0.
	Changed func(n int, page runtime.Object)
}

// Repeat shows the page at once again, and goes on behind it.
func Repeat(page int) Reel {
	return Reel{Order: func(pages int) []int { return append(upTo(min(page, pages-1)), from(min(page, pages-1), pages)...) }}
}

// Reverse shows the pages from one on with the last one first.
func Reverse(page int) Reel {
	return Reel{Order: func(pages int) []int {
		order := from(0, pages)
		slices.Reverse(order[min(page, pages):])
		return order
	}}
}

// Stay never gets beyond a page.
func Stay(page int, same bool) Reel {
	return Reel{Order: func(pages int) []int { return upTo(min(page, pages-1)) }, Endless: true, Same: same}
}

func upTo(page int) []int { return from(0, page+1) }

func from(page, pages int) []int {
	var order []int
	for i := page; i < pages; i++ {
		order = append(order, i)
	}
	return order
}

// reelToken is how the continue tokens of a Reel begin; behind it comes which page is next.
const reelToken = "reel-"

// Play answers by a Reel.
func Play(reel Reel) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		pages := pagesOf(r, next)
		if len(pages) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("continue"), reelToken))
		order := reel.Order(len(pages))
		last := n >= len(order)-1
		page := pages[order[min(n, len(order)-1)]]
		m, err := meta.ListAccessor(page)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		m.SetRemainingItemCount(nil)
		m.SetContinue("")
		switch {
		case !last || reel.Endless && !reel.Same:
			m.SetContinue(reelToken + strconv.Itoa(n+1))
		case reel.Endless:
			m.SetContinue(reelToken + strconv.Itoa(len(order)-1))
		}
		if reel.Changed != nil {
			reel.Changed(n, page)
		}
		p, _ := parse(r.URL.Path)
		write(w, r, http.StatusOK, page, p.GroupVersion())
	}
}

// pagesOf are all pages of the list that a request is about.
func pagesOf(r *http.Request, next http.Handler) []runtime.Object {
	var pages []runtime.Object
	for token := ""; ; {
		again := r.Clone(r.Context())
		query := again.URL.Query()
		query.Del("continue")
		if token != "" {
			query.Set("continue", token)
		}
		again.URL = &url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, again)
		page, _, err := scheme.Codecs.UniversalDeserializer().Decode(answer.Body.Bytes(), nil, nil)
		if runtime.IsNotRegisteredError(err) { // no library knows PodSecurityPolicies any more
			page, _, err = unstructured.UnstructuredJSONScheme.Decode(answer.Body.Bytes(), nil, nil)
		}
		if err != nil || answer.Code != http.StatusOK {
			return nil
		}
		m, err := meta.ListAccessor(page)
		if err != nil {
			return nil
		}
		pages = append(pages, page)
		if token = m.GetContinue(); token == "" {
			return pages
		}
	}
}

// Truncate sends half of the right answer as if it were all of it.
func Truncate() Action {
	return shorten(func(body []byte) []byte { return body[:len(body)/2] })
}

// Hollow sends what a protobuf answer begins with, its type, as if there were no more; of others it sends half. To a
// decoder that is an object without content.
func Hollow() Action {
	return shorten(func(body []byte) []byte {
		magic, envelope := []byte("k8s\x00"), runtime.Unknown{}
		content, ok := strings.CutPrefix(string(body), string(magic))
		if !ok || envelope.Unmarshal([]byte(content)) != nil {
			return body[:len(body)/2]
		}
		envelope.Raw = nil
		short, err := envelope.Marshal()
		if err != nil {
			panic(err)
		}
		return append(magic, short...)
	})
}

func shorten(cut func([]byte) []byte) Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.WriteHeader(whole.Code)
		_, _ = w.Write(cut(whole.Body.Bytes()))
	}
}

// Stall sends half of the right answer and then nothing more, until the client gives up.
func Stall() Action {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}
