//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sample is one run.
type sample struct {
	Wall   time.Duration `json:"wallNanoseconds"`
	User   time.Duration `json:"userNanoseconds"`
	System time.Duration `json:"systemNanoseconds"`
	// Memory is the peak of the resident set, in bytes; of several processes, that of the largest.
	Memory int64 `json:"peakMemoryBytes"`
}

// occasion is how a scenario is run once.
type occasion struct {
	kubeconfig string
	stride     int
	// out and complaint take what is printed; nil drops it.
	out, complaint io.Writer
}

// timed is how a scenario is run that counts.
func (b *bench) timed(stride int) occasion {
	return occasion{kubeconfig: b.cluster.status.Kubeconfig, stride: stride}
}

// once runs a scenario once and returns what it used.
func (b *bench) once(ctx context.Context, s scenario, how occasion) (sample, error) {
	var used sample
	result, write, err := os.Pipe()
	if err != nil {
		return used, err
	}
	defer result.Close()
	var complaint bytes.Buffer
	argv := s.argv(b, how.stride)
	c := command(ctx, b.tools.measure, argv...)
	c.Env = b.environment(how.kubeconfig)
	c.ExtraFiles = []*os.File{write} // number 3
	c.Stderr = &complaint
	if how.complaint != nil {
		c.Stderr = io.MultiWriter(&complaint, how.complaint)
	}
	if how.out != nil {
		c.Stdout = how.out
	}
	err = c.Run()
	write.Close()
	fail := func(err error) (sample, error) {
		return used, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, lastLines(complaint.Bytes()))
	}
	if err != nil {
		return fail(err)
	}
	var code int
	var wall, user, system, memory int64
	if _, err := fmt.Fscan(result, &code, &wall, &user, &system, &memory); err != nil {
		return fail(err)
	}
	if !slices.Contains(s.codes, code) {
		return fail(fmt.Errorf("exit code %d", code))
	}
	return sample{time.Duration(wall), time.Duration(user), time.Duration(system), memory * maxrssUnit()}, nil
}

// environment is what every program is run in: nothing of it is kept once the bench has ended.
func (b *bench) environment(kubeconfig string) []string {
	return append(os.Environ(), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+filepath.Join(b.dir, "cache"), "NO_COLOR=1")
}

// lastLines is the end of a complaint, which says why; a loop may have warned of thousands of things before.
func lastLines(complaint []byte) []byte {
	const most = 2000
	complaint = bytes.TrimSpace(complaint)
	return complaint[max(0, len(complaint)-most):]
}

// maxrssUnit is what the system counts peak memory in.
func maxrssUnit() int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return 1
	}
	return 1024
}
