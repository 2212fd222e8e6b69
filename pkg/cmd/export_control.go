package cmd

import (
	"context"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// controlSource makes rules of the controls that Pod Security lacks.
type controlSource struct{ names, registries []string }

// sets implements exportSource.
func (c *controlSource) sets(context.Context, *ExportOptions, *recipient) ([]*export.Set, error) {
	set, err := export.FromControls(c.names, export.ControlParams{Registries: c.registries})
	if err != nil {
		return nil, usageError{err}
	}
	return []*export.Set{set}, nil
}
