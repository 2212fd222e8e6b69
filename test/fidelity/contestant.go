//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/compare"
	"github.com/kubectl-pss/kubectl-pss/test/fidelity/random"
)

// contestant is a kind of server: a release, and how it is started.
type contestant struct {
	release    string // empty for localkube's own newest
	configured bool
	emulated   string
}

const newest = "newest"

// parseContestant reads RELEASE[+config][+emulate=1.N].
func parseContestant(text string) (contestant, error) {
	parts := strings.Split(strings.TrimSpace(text), "+")
	c := contestant{release: parts[0]}
	if parts[0] == newest {
		c.release = ""
	} else if !strings.HasPrefix(parts[0], "v1.") {
		return c, fmt.Errorf("invalid argument %q for \"--servers\" flag: must be %s or a release such as v1.30.14", text, newest)
	}
	for _, part := range parts[1:] {
		version, emulates := strings.CutPrefix(part, "emulate=")
		switch {
		case part == "config":
			c.configured = true
		case emulates && version != "":
			c.emulated = version
		default:
			return c, fmt.Errorf("invalid argument %q for \"--servers\" flag: %q is neither config nor emulate=1.N", text, part)
		}
	}
	return c, nil
}

// String is the contestant as the flag takes it.
func (c contestant) String() string {
	text := c.release
	if text == "" {
		text = newest
	}
	if c.configured {
		text += "+config"
	}
	if c.emulated != "" {
		text += "+emulate=" + c.emulated
	}
	return text
}

// contest asks a contestant its share: one server, or one after the other with random configurations.
func (o *options) contest(ctx context.Context, kube *localkube, dir string, c contestant, share int) (*compare.Tally, error) {
	servers := 1
	if c.configured {
		servers = o.configurations
	}
	sum := &compare.Tally{}
	for i := range servers {
		tally, err := o.ask(ctx, kube, dir, c, i, (share-sum.Requests)/(servers-i))
		if err != nil {
			return nil, err
		}
		sum.Add(tally)
	}
	return sum, nil
}

// ask starts the contestant's server, for the i-th time, and asks it.
func (o *options) ask(ctx context.Context, kube *localkube, dir string, c contestant, i, requests int) (_ *compare.Tally, failure error) {
	var args []string
	seed := o.seed + c.number() + uint64(i)
	if c.release != "" {
		args = append(args, "--release", c.release)
	}
	if c.emulated != "" {
		args = append(args, "--apiserver-arg=--emulated-version="+c.emulated)
	}
	config := ""
	if c.configured {
		config = filepath.Join(dir, fmt.Sprintf("admission-%s-%d.yaml", c.release, i))
		data, err := random.Configuration(random.NewDice(seed, 0, c.minor()), makers())
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(config, data, 0o600); err != nil {
			return nil, err
		}
		say("%s starts with\n%s", c, data)
		args = append(args, "--admission-config", config)
	}
	place, err := kube.up(ctx, args...)
	defer func() { failure = errors.Join(failure, kube.down(ctx)) }()
	if err != nil {
		return nil, err
	}
	place.AdmissionConfig = config
	server, err := compare.Connect(ctx, place)
	if err != nil {
		return nil, err
	}
	return server.Hold(ctx, compare.Options{Seed: seed, Requests: requests, Parallel: o.parallel, Tries: o.tries, Say: say})
}

// number has every contestant asked about something else.
func (c contestant) number() uint64 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(c.String())) // never fails
	return uint64(hash.Sum32())
}

// makers are the users that make pods of workloads.
func makers() []string {
	users := map[string]bool{}
	var list []string
	for _, gk := range workload.GroupKinds() {
		if user := workload.ControllerUser(gk.Kind); user != "" && !users[user] {
			users[user] = true
			list = append(list, user)
		}
	}
	return list
}

// minor is the release's, far in the future for the newest.
func (c contestant) minor() int {
	const future = 99
	minor := future
	if _, err := fmt.Sscanf(c.release, "v1.%d", &minor); err != nil {
		return future
	}
	return minor
}
