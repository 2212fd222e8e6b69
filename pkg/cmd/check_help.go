package cmd

const checkLong = `
Say what the API server does with pods and workloads under Pod Security labels.

Without --enforce, --audit or --warn every level is judged. With one of them the command says what the
server would answer if the namespaces had those labels, in the server's own words. Nothing is written,
and nothing but reading is asked of the server, unless --through-admission or --probe is given.

What webhooks, admission policies and defaults make of a pod on its way stands in no template. With
--through-admission the server is asked by dry run for one pod of every template, as the controller that
makes them where that one may be impersonated, and what it would really create decides. Nothing is
stored; the requests reach the audit log and the webhooks. Where the server shows no pod (a webhook
refuses dry runs, a quota is used up, a right is missing) the result is incomplete for that workload.

Default levels and exemptions stand in a file of the server's that no API shows. They are assumed to be the
built-in ones unless --admission-config passes that file. With --probe the server is asked by dry run what
it can tell of them, for the namespaces that are checked and those of the system, and what it did not tell
stays assumed; kubectl pss config shows each fact. Whether a user is exempt, a controller above all, is
asked with --probe-user.

With --upgrade-to v1.N what was read is judged as a server of that release would judge it as well, and only
what changes is shown: workloads that newly fail or pass or are told otherwise, the checks that cause it,
and the version labels that keep things as they are. A release older than the server shows the way back.

With --beyond every workload is judged by controls as well that the Standards lack: a read-only root file
system, images of trusted registries (--registry; without one, images that name their registry), no mounted
token of a service account, limits of CPU and memory, tags other than latest, digests. Pod Security enforces
none of them, and they leave verdict and exit code alone; kubectl pss export prints policies that do.

TYPE is one of ns, po, deploy, sts, ds, rs, rc, job, cj, podtemplate.

With -f or -k manifests are judged instead, as the API server would store them, and no server is asked:
latest means the newest version known, unless --server-version says otherwise. An argument that ends in
.yaml, .yml or .json means -f. Namespaces among the manifests supply labels.

With --live they are judged as kubectl apply would bring them to the cluster of the kubeconfig: by its
version, and by the labels that their namespaces have there. A Namespace among the manifests changes
those labels: its own win, those that an earlier kubectl apply set and it lacks go, all others stay.
A namespace that is neither there nor among the manifests counts as created without labels, which is
said; one that may not be read is a gap. Only these namespaces are read, none of the pods in them.

Exit codes: 0 complies, 1 violates, 2 error, 3 incomplete (something could not be read), 130 interrupted.
With --upgrade-to the exit code is 1 only for what the other release newly refuses.
System namespaces (kube-*) are shown, but have no say in the exit code unless they are named.`

const checkExample = `
# Show every namespace: its policy now, the strictest level that nothing violates, and what stands in the way
kubectl pss check ns

# Foresee what enforcing restricted would refuse in one namespace
kubectl pss check ns payments --enforce restricted

# Try baseline enforced and restricted as warning on namespaces chosen by label
kubectl pss check ns -l team=shop --enforce baseline:v1.30 --warn restricted

# Check one workload, or one pod
kubectl pss check deploy/web -n shop
kubectl pss check pod web-5d8c9f7b6d-x2x7k -n shop

# Judge what the server would really create, after webhooks and admission policies
kubectl pss check ns shop --enforce baseline --through-admission

# Take default levels and exemptions from the server itself
kubectl pss check ns --enforce baseline --probe

# Foresee what an upgrade of the cluster newly refuses
kubectl pss check ns --upgrade-to v1.37

# Count what the Standards say nothing of: writable root file systems, foreign images, missing limits
kubectl pss check ns --beyond --registry registry.example.com --registry docker.io/library

# Check manifests before they are applied
kubectl pss check -f deploy/ -R --enforce restricted
helm template shop | kubectl pss check -f - --enforce baseline

# Check them under the labels that their namespaces have in the cluster
kubectl pss check -f deploy/ -R --live

# List the namespaces that could go to restricted today
kubectl pss check ns -o jsonpath='{range .items[?(@.strictest.level=="restricted")]}{.namespace}{"\n"}{end}'`
