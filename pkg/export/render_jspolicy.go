package export

import (
	"errors"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

func renderJSPolicy(*Set, Options) ([]report.Document, error) {
	return nil, errors.New("not rendered yet")
}
