package cluster

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	texttemplate "text/template"
)

// adminUser may do everything.
const adminUser = "admin"

// A component is known to RBAC by the name that the API server's own bootstrap roles use.
func componentUsers() []User {
	return []User{
		{Name: "system:" + controllerManager, Token: newToken()},
		{Name: "system:" + scheduler, Token: newToken()},
		{Name: kwok, Groups: []string{"system:masters"}, Token: newToken()},
	}
}

// access is who may talk to the API server, where it is and how to trust it.
type access struct {
	Cluster string
	Server  string
	CA      string
	Admin   User
	Others  []User
}

// writeAccess writes the token file of the API server and a kubeconfig for everyone who is to use it.
func writeAccess(opts Options, dir, server string) (access, error) {
	ca, err := os.ReadFile(pkiPath(dir, caCert))
	if err != nil {
		return access{}, err
	}
	admin := User{Name: adminUser, Groups: []string{"system:masters"}, Token: newToken()}
	people := access{
		Cluster: "localkube-" + opts.Name, Server: server, CA: base64.StdEncoding.EncodeToString(ca),
		Admin: admin, Others: opts.Users,
	}
	components := componentUsers()
	everyone := append(append([]User{admin}, opts.Users...), components...)
	if err := os.WriteFile(pkiPath(dir, tokensFile), tokenCSV(everyone), 0o600); err != nil {
		return access{}, err
	}
	if err := people.write(kubeconfigPath(dir, adminUser)); err != nil {
		return access{}, err
	}
	for _, user := range components {
		own := people
		own.Admin, own.Others = user, nil
		if err := own.write(kubeconfigPath(dir, strings.TrimPrefix(user.Name, "system:"))); err != nil {
			return access{}, err
		}
	}

	return people, nil
}

// tokenCSV is the format of --token-auth-file: token, user, uid, groups.
func tokenCSV(users []User) []byte {
	var out bytes.Buffer
	for number, user := range users {
		fmt.Fprintf(&out, "%s,%q,%d,%q\n", user.Token, user.Name, number, strings.Join(user.Groups, ","))
	}

	return out.Bytes()
}

// Every user has a context of its own; the admin's is the current one.
const kubeconfigText = `apiVersion: v1
kind: Config
clusters:
- name: {{printf "%q" .Cluster}}
  cluster:
    server: {{.Server}}
    certificate-authority-data: {{.CA}}
contexts:
- name: {{printf "%q" .Cluster}}
  context: {cluster: {{printf "%q" .Cluster}}, user: {{printf "%q" .Admin.Name}}}
{{- range .Others}}
- name: {{printf "%s-%s" $.Cluster .Name | printf "%q"}}
  context: {cluster: {{printf "%q" $.Cluster}}, user: {{printf "%q" .Name}}}
{{- end}}
current-context: {{printf "%q" .Cluster}}
users:
- name: {{printf "%q" .Admin.Name}}
  user: {token: {{printf "%q" .Admin.Token}}}
{{- range .Others}}
- name: {{printf "%q" .Name}}
  user: {token: {{printf "%q" .Token}}}
{{- end}}
`

func (a access) write(path string) error {
	parsed, err := texttemplate.New("kubeconfig").Parse(kubeconfigText)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, a); err != nil {
		return err
	}

	return os.WriteFile(path, out.Bytes(), 0o600)
}
