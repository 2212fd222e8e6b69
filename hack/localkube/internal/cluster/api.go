package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const requestTimeout = 10 * time.Second

// api speaks as the admin to one API server. It needs so few requests that a client library would only be a burden.
type api struct {
	server, token string
	http          *http.Client
}

func newAPI(dir string, people access) (*api, error) {
	ca, err := os.ReadFile(pkiPath(dir, caCert))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("the cluster's authority holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}

	return &api{
		server: people.Server, token: people.Admin.Token,
		http: &http.Client{Transport: transport, Timeout: requestTimeout},
	}, nil
}

// get reads path into out, which may be nil where only the success counts.
func (a *api) get(ctx context.Context, path string, out any) error {
	return a.do(ctx, http.MethodGet, path, nil, out)
}

// create posts body, and is content when the object is there already.
func (a *api) create(ctx context.Context, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	err = a.do(ctx, http.MethodPost, path, raw, nil)
	if status := (*statusError)(nil); errors.As(err, &status) && status.code == http.StatusConflict {
		return nil
	}

	return err
}

// statusError is an answer that is not a success.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the API server answers %d: %s", e.code, bytes.TrimSpace([]byte(e.text)))
}

func (a *api) do(ctx context.Context, method, path string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return &statusError{code: response.StatusCode, text: string(raw)}
	}
	if out == nil {
		return nil
	}

	return json.Unmarshal(raw, out)
}
