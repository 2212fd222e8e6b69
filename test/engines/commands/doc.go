// Package commands hands what pkg/export renders for Gatekeeper and Kyverno to their own commands, gator and kyverno, and
// holds every verdict and message, rule by rule and pod by pod, against the API server's own engine. The commands are
// built by hack/tools/install.sh when they are first asked for.
package commands
