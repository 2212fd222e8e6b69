package cluster

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/patience"
)

const (
	// listedBytes is more than the objects of a page have on average: a server takes 256 KiB of annotations with each.
	listedBytes = 512 << 10
	// storedBytes is what etcd holds at most, twice, for JSON is longer. Whoever asks for a list as a whole has the memory.
	storedBytes = 16 << 30
)

type wholeness struct{}

// wholeList says of a request that it is for a list as a whole.
func wholeList(ctx context.Context) context.Context { return context.WithValue(ctx, wholeness{}, true) }

// ceiling is how many bytes the answer to a request may have. Metrics have none: they are read line by line, up to limits
// of their own, and nothing is kept.
func ceiling(req *http.Request) (bytes int64, hint string) {
	limit, err := strconv.ParseInt(req.URL.Query().Get("limit"), 10, 64)
	switch {
	case err == nil && limit > 0:
		return patience.ObjectBytes + min(limit, storedBytes/listedBytes)*listedBytes, "a smaller --chunk-size may ask for less at a time"
	case req.Context().Value(wholeness{}) != nil, strings.HasSuffix(req.URL.Path, "/metrics"):
		return storedBytes, ""
	default:
		return patience.ObjectBytes, ""
	}
}
