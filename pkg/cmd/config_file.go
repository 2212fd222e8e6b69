package cmd

import (
	"context"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// checkFile says what is in the file, and what is wrong with it.
func (o *ConfigOptions) checkFile(context.Context) (*report.ConfigReport, error) {
	r := &report.ConfigReport{File: o.File, Facts: []report.ConfigFact{}, Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindConfigReport
	return r, nil
}
