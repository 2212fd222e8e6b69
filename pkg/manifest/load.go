package manifest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// loader reads files one after the other, and decodes their documents on every core meanwhile.
type loader struct {
	options Options
	roots   []root
	decoder *decoder

	// waiting bounds the text being decoded at a time, since decoding takes many times its size.
	waiting *semaphore.Weighted
	left    int64 // of inputLimit
	order   int

	mu      sync.Mutex
	decoded []*decoded
}

// task is a document to be decoded.
type task struct {
	order    int
	document document
}

func newLoader(s *Source) *loader {
	return &loader{
		options: s.options, roots: s.roots,
		decoder: &decoder{kinds: kinds(), namespace: s.options.Namespace, minor: s.options.Minor},
		waiting: semaphore.NewWeighted(yamlLimit), left: inputLimit,
	}
}

// run reads and decodes everything. It ends with the context even while it waits for somebody to type.
func (l *loader) run(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	tasks := make(chan task)
	group.Go(func() error {
		defer close(tasks)
		return l.read(groupCtx, tasks)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for t := range tasks {
				l.add(t.order, l.decoder.decode(&t.document))
				l.waiting.Release(weight(&t.document))
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func weight(d *document) int64 { return min(int64(len(d.text)), yamlLimit) }

func (l *loader) add(order int, d *decoded) {
	d.order = order
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decoded = append(l.decoded, d)
}

func (l *loader) read(ctx context.Context, tasks chan<- task) error {
	seen := map[string]bool{} // a file below two roots is one file
	files := 0
	for _, r := range l.roots {
		list, err := r.files(ctx, l.options.Recursive)
		if err != nil {
			return err
		}
		files += len(list)
		for _, f := range list {
			if seen[f.path] {
				continue
			}
			seen[f.path] = true
			if err := l.file(ctx, r, f, tasks); err != nil {
				return err
			}
		}
	}
	if files == 0 {
		return fmt.Errorf("error reading %s: recognized file extensions are %s", names(l.roots), strings.Join(extensions(), ", "))
	}
	return nil
}

func names(roots []root) string {
	list := make([]string, 0, len(roots))
	for _, r := range roots {
		list = append(list, r.path)
	}
	return strings.Join(list, ", ")
}

// file reads one file and sends its documents on. One that cannot be read does not keep others from being judged.
func (l *loader) file(ctx context.Context, r root, f file, tasks chan<- task) error {
	data, err := l.content(r, f)
	if _, tooLarge := errors.AsType[tooLargeError](err); tooLarge {
		return err
	}
	if err != nil {
		l.order++
		failure := DocumentError{Remark{Location: workload.Location{File: f.path}, Text: strings.TrimSpace(err.Error())}}
		l.add(l.order, &decoded{errors: []DocumentError{failure}})
		return nil
	}
	for _, d := range documents(f.path, data) {
		if err := l.waiting.Acquire(ctx, weight(&d)); err != nil {
			return err
		}
		l.order++
		select {
		case tasks <- task{l.order, d}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// tooLargeError ends everything: what is left out would count as compliant.
type tooLargeError struct{}

func (tooLargeError) Error() string {
	return fmt.Sprintf("the manifests are larger than %d MiB all together: check them in parts", inputLimit>>20)
}

func (l *loader) content(r root, f file) ([]byte, error) {
	if r.kustomize {
		built, err := build(f.path)
		if err != nil {
			return nil, err
		}
		return l.all(bytes.NewReader(built), int64(len(built)))
	}
	if f.path == stdin {
		return l.all(l.options.Stdin, 0)
	}
	if f.odd {
		// Reading a pipe or a device may never end. Only those that are named are wanted.
		if info, err := os.Stat(f.path); err != nil {
			return nil, err
		} else if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("is no regular file but %s", info.Mode())
		}
	}
	in, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	return l.all(in, info.Size())
}

// all reads to the end, or to the limit. expected is how much there should be.
func (l *loader) all(in io.Reader, expected int64) ([]byte, error) {
	var data bytes.Buffer
	data.Grow(int(min(expected, l.left)) + bytes.MinRead) // room for one look at the end
	n, err := data.ReadFrom(io.LimitReader(in, l.left+1))
	if err != nil {
		return nil, err
	}
	if l.left -= n; l.left < 0 {
		return nil, tooLargeError{}
	}
	return data.Bytes(), nil
}

// result puts together what was decoded, in the order of the files.
func (l *loader) result() (*set, error) {
	slices.SortFunc(l.decoded, func(a, b *decoded) int { return cmp.Compare(a.order, b.order) })
	s := newSet()
	for _, d := range l.decoded {
		s.add(d)
	}
	if s.empty() {
		return nil, fmt.Errorf("no objects found in %s", names(l.roots))
	}
	s.close()
	return s, nil
}
