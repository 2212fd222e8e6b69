package cmd

import (
	"context"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// configLiveFlags are about what the server is asked.
type configLiveFlags struct{}

func (f *configLiveFlags) addLive(*pflag.FlagSet) {}

// configLiveOptions are what asking the server needs.
type configLiveOptions struct{}

// toLive makes the options those of asking the server.
func (o *ConfigOptions) toLive(_ *ConfigFlags, config *genericclioptions.ConfigFlags) (err error) {
	o.Client, o.Host, err = newClient(config)
	return err
}

// live asks the server how Pod Security is configured.
func (o *ConfigOptions) live(context.Context) (*report.ConfigReport, error) {
	return nil, usagef("this build cannot ask the server yet: name the file that the API server runs with by -f FILENAME")
}
