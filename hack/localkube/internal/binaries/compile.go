package binaries

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const kwokName = "kwok"

// tidy resolves all dependencies of the generated module.
func (j job) tidy(ctx context.Context, dir string) error {
	j.Line.Phase("resolving the dependencies of " + filepath.Base(dir))
	_, err := j.tools.run(ctx, dir, "mod", "tidy")

	return err
}

// compile builds one program and shows how many packages are done.
func (j job) compile(ctx context.Context, dir, pkg, name string) error {
	j.Line.Phase("looking at what of " + name + " is compiled already")
	stale, err := j.stale(ctx, dir, pkg)
	if err != nil {
		return err
	}
	if name == "kube" && len(stale) < fewPackages {
		j.Line.Note("Go has compiled most of it before: this takes about a minute")
	}
	j.Line.Phase("compiling " + name)
	output := filepath.Join(j.built.BinDir(), name)
	args := append(append([]string{"build", "-v"}, buildFlags()...), "-ldflags", linkFlags(j.rel), "-o", output, pkg)
	cmd := j.tools.command(ctx, dir, args...)
	messages, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	complaints := j.follow(messages, stale, name)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}

		return fmt.Errorf("cannot build %s: %w\n%s", name, err, complaints)
	}

	return nil
}

// follow counts the packages that the go command names as it compiles them, and returns all else that it says.
func (j job) follow(messages io.Reader, stale map[string]bool, name string) string {
	var complaints []string
	done := 0
	for lines := bufio.NewScanner(messages); lines.Scan(); {
		switch line := lines.Text(); {
		case !stale[line]:
			complaints = append(complaints, line)
		case done+1 < len(stale):
			done++
			j.Line.Detail(fmt.Sprintf("%d of %d packages", done, len(stale)))
		default:
			j.Line.Phase("linking " + name)
		}
	}

	return strings.Join(complaints, "\n")
}

// stale names the packages that are not in Go's own build cache.
func (j job) stale(ctx context.Context, dir, pkg string) (map[string]bool, error) {
	args := append([]string{"list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"}, buildFlags()...)
	out, err := j.tools.run(ctx, dir, append(args, pkg)...)
	if err != nil {
		return nil, err
	}
	result := map[string]bool{}
	for line := range strings.FieldsSeq(string(out)) {
		result[line] = true
	}

	return result, nil
}

// buildFlags leave this machine's folders out of the binaries, which also lets Go's cache serve every folder.
func buildFlags() []string { return []string{"-trimpath"} }
