package manifest

import (
	"bufio"
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
		for _, file := range list {
			if seen[file] {
				continue
			}
			seen[file] = true
			if err := l.file(ctx, r, file, tasks); err != nil {
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
func (l *loader) file(ctx context.Context, r root, file string, tasks chan<- task) error {
	data, err := l.content(r, file)
	if _, tooLarge := errors.AsType[tooLargeError](err); tooLarge {
		return err
	}
	if err != nil {
		l.order++
		failure := DocumentError{Remark{Location: workload.Location{File: file}, Text: strings.TrimSpace(err.Error())}}
		l.add(l.order, &decoded{errors: []DocumentError{failure}})
		return nil
	}
	for _, d := range documents(file, data) {
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

func (l *loader) content(r root, file string) ([]byte, error) {
	if r.kustomize {
		return build(file)
	}
	in := l.options.Stdin
	if file != stdin {
		if err := refuseOdd(r, file); err != nil {
			return nil, err
		}
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	data, err := io.ReadAll(bufio.NewReader(io.LimitReader(in, l.left+1)))
	if err != nil {
		return nil, err
	}
	if l.left -= int64(len(data)); l.left < 0 {
		return nil, tooLargeError{}
	}
	return data, nil
}

// refuseOdd refuses pipes and devices that lie in a directory: reading them may never end. Named ones are wanted.
func refuseOdd(r root, file string) error {
	if !r.directory {
		return nil
	}
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("is no regular file but %s", info.Mode())
	}
	return err
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
