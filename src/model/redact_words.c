/* SPDX-License-Identifier: Apache-2.0
 *
 * The words that a redacted recording keeps: what Kubernetes itself, and what everybody runs on it, is
 * made of. Names are cut into words, so "istio-proxy" and "app.kubernetes.io/name" stay because each of
 * their words stands here. Sorted within each group; what rules look for must be among them
 * (tests/redact holds that).
 */
#include "model/redact.h"

/* ---- Kubernetes: values of fields, kinds, groups, resources, labels ---- */
#define VALUES                                                                                                  \
    "all allnamespaces allow allowed always alwaysallow any auto averagevalue background baseline "             \
    "besteffort block burstable cluster clusterfirst clusterfirstwithhostnet clusterip "                        \
    "clusterscoped completed container containercannotrun containercreating containerresource "                 \
    "containersready crashloopbackoff deadlineexceeded default delete disabled diskpressure "                   \
    "donotschedule doesnotexist enforce equal equivalent errimagepull error evicted exact "                     \
    "exists external externalname fail failed false file filesystem forbid foreground guaranteed honor hourly " \
    "ifhealthybudget ifnotpresent ignore imagepullbackoff in inactive indexed infeasible "                      \
    "initial initialized kubelet kubeletready limitedswap loadbalancer lost max memorypressure "                \
    "min minonly namespaced networkunavailable never nodelost nodeport noexecute noschedule "                   \
    "none noswap notin notready object off ondelete onfailure oomkilled orderedready orphan "                   \
    "parallel pending percent pidpressure podinitializing podresizeinprogress "                                 \
    "podresizepending pods podscheduled portworx prefernoschedule preemptlowerpriority "                        \
    "readonlymany readwritemany readwriteonce readwriteoncepod ready recreate registered replace "              \
    "resource restricted retain rollingupdate running scheduleanyway sctp serving startup "                     \
    "string succeeded suspended tcp terminated terminating tieredreservation true udp "                         \
    "uncertain undefined unknown unlimitedswap unschedulable utilization value "                                \
    "waitforfirstconsumer waiting immediate "
#define KINDS                                                                                    \
    "binding ciliumclusterwidenetworkpolicy ciliumnetworkpolicy clusterrole clusterrolebinding " \
    "configmap cronjob csidriver csinode customresourcedefinition daemonset deployment "         \
    "endpoints endpointslice event horizontalpodautoscaler ingress ingressclass job "            \
    "kubeletconfiguration kubeproxyconfiguration lease limitrange list mutatingwebhook "         \
    "mutatingwebhookconfiguration namespace networkpolicy node nodemetrics persistentvolume "    \
    "persistentvolumeclaim pod poddisruptionbudget podmetrics podmonitor podtemplate "           \
    "priorityclass prometheus prometheusrule replicaset replicationcontroller resourcequota "    \
    "role rolebinding rollout runtimeclass scenario secret service serviceaccount "              \
    "servicemonitor statefulset storageclass usageprofile user group validatingwebhook "         \
    "validatingwebhookconfiguration verticalpodautoscaler volumeattachment "
#define RESOURCES                                                                                    \
    "attach attachments approve bind bindings certificatesigningrequests clusterrolebindings "       \
    "clusterroles configmaps create cronjobs customresourcedefinitions daemonsets deletecollection " \
    "deployments endpointslices escalate events eviction exec get healthz "                          \
    "horizontalpodautoscalers impersonate ingresses jobs leases limitranges livez log logs "         \
    "metrics mutatingwebhookconfigurations namespaces networkpolicies nodes patch "                  \
    "persistentvolumeclaims persistentvolumes poddisruptionbudgets podtemplates portforward "        \
    "priorityclasses proxy readyz replicasets replicationcontrollers resize resourcequotas "         \
    "rolebindings roles runtimeclasses scale secrets serviceaccounts services spec stats "           \
    "statefulsets status storageclasses token update use validatingwebhookconfigurations "           \
    "verbs version watch "
#define GROUPS                                                                                     \
    "admission admissionregistration alpha alibabacloud amazonaws amd64 anonymous api "            \
    "apiextensions apiregistration app apps appscode arch argoproj arm64 authenticated "           \
    "authentication authorization autoscaler autoscaling aws azmk8s azure batch beta cattle cert " \
    "certificates cloud cncf com component controller coordination core coreos crd crossplane "    \
    "csi ctr cz dev digitalocean discovery doks ebs edu eks eksctl elastic events extensions "     \
    "failure domain flux fluxcd flowcontrol fsx gateway gce gcr ghcr gke google hash helm "        \
    "hostname install instance instancegroup int internal io istio k0s k3s k8s karpenter keda "    \
    "kind kinds knative kops kubernetes kyverno linkerd linux local localdomain localhost "        \
    "machine managed master masters microsoft monitoring name net networking nodegroup "           \
    "nodepool agentpool nodepools openshift org os pd persistent phase podautoscaler policy "      \
    "pool projectcontour provisioner quay rancher rbac region registry revision scheduling "       \
    "selected sh size snapshot storage svc sigs system talos template test tier topology "         \
    "traefik type unauthenticated unauthorized us volume windows with x86 zone "
/* The parts that names of Kubernetes' own objects are made of. */
#define SYSTEM                                                                                    \
    "admin adjust agent aggregator apiserver bootstrap bootstrapper cidr claims class cli "       \
    "client clusterrole clusters cni config conf cordon cri critical csr data database dns etcd " \
    "flannel calico canal antrea cilium weave multus endpoint expand exporter external front "    \
    "garbage collector generic health heapster helper horizontal info ip ipam ippool ipv4 ipv6 "  \
    "kube kubeadm kubectl kubeproxy leader election lifecycle limit locking main manager mirror " \
    "monitor nodefs imagefs containerfs inodes inodesfree available usage none operator plane "   \
    "pki policies pressure probe provider public pv pvc quota rc reader reloader remedy "         \
    "requests limits rs runtime scheduler scrape server set sidecar source state stateful "       \
    "steady sts swap taints to toleration ttl unreachable version view edit viewer volumes "      \
    "webhook workload outage out uninitialized without reserved allocatable detector problem "    \
    "priority control ephemeral hugepages cpu memory nvidia gpu intel amd attachable "            \
    "annotations labels metadata namespaced gates feature noxu kubepods slice besteffort "        \
    "felix guaranteed burstable scope docker containerd crio runc kata gvisor runsc "
/* ... and of the roles that the API server makes itself. */
#define ROLES                                                                                     \
    "account after aggregate aggregation apis approval approver attachdetach auth basic binder "  \
    "bootstrapping ca certificate cidrs claim cleaner configuration configz controllerrevisions " \
    "csidrivers csinodes csistoragecapacities custom daemon defaults delegator device "           \
    "deviceclasses disruption endpointslicemirroring extension finalize finalizers finished "     \
    "flagz ipaddresses issuer jwks known leasecandidates legacy localsubjectaccessreviews "       \
    "nodeclient openapi openid protection proxier publisher replication resourceclaims "          \
    "resourceclaimtemplates resourceslices rollback root route selfnodeclient "                   \
    "selfsubjectaccessreviews selfsubjectreviews selfsubjectrulesreviews selinux servicecidrs "   \
    "sign signer signers slis statusz subjectaccessreviews taint tokenreviews tracking "          \
    "validatingadmissionpolicies validatingadmissionpolicy volumeattachments "                    \
    "volumeattributesclass volumeattributesclasses well "

/* Names of fields, where an object is copied whole: selectors, policies of Cilium. */
#define FIELDS                                                                                                                                                   \
    "address internalip externalip hostname internaldns externaldns matchlabels matchexpressions key operator values ingress egress fromendpoints fromentities " \
    "fromcidr fromcidrset fromrequires toendpoints toentities tocidr tocidrset tofqdns "                                                                         \
    "toservices toports ports rules http dns l7 l7proto method path headers topic apikey "                                                                       \
    "matchname matchpattern endpointselector nodeselector ingressdeny egressdeny protocol port "                                                                 \
    "world yaml yml json host health unmanaged remote command "
/* ---- what everybody runs ---- */
#define PROGRAMS                                                                                    \
    "alertmanager alpine ambassador argo argocd aspnet busybox bash blackbox cadvisor cassandra "   \
    "certmanager chart clickhouse cloudsql cloudnative collector consul contour coredns dapr "      \
    "daprd datadog dataplane debian descheduler distroless dotnet dp elasticsearch envoy "          \
    "exporters fargate filebeat fluent fluentbit fluentd bit fsgroup gatekeeper git golang "        \
    "grafana grpc haproxy harbor httpd influxdb ingress injector init jaeger java jdk jre jenkins " \
    "kafka keycloak kibana ksm kuma kubecost kustomize logging logstash loki mariadb memcached "    \
    "metallb mimir minio mongo mongodb mysql mysqladmin nats nginx nodejs nodelocaldns "            \
    "oauth oauth2 opentelemetry otc otel pause percona pg postgres postgresql "                     \
    "promtail proxyv2 pushgateway python qosclass rabbitmq redis ruby runner rust solr spark "      \
    "sql strimzi sync td telegraf tempo thanos tomcat ubuntu upstream vault vector velero "         \
    "victoriametrics vm vpa vertical wait zipkin zookeeper "
/* ---- command lines and paths that rules read ---- */
#define COMMANDS                                                                                   \
    "addr ash advertise balance bin bound broker cat cd conntrack core curl cutoff dir disable "   \
    "dynamic echo else enable endpoints etc exit expendable fi file for grep groups healthcheck "  \
    "heap hello host hostip http https if ipvs isready kill launch ldapsearch lib libexec listen " \
    "live liveness mask max messages mnt mongosh mount nc ncat netcat netfilter nf nslookup "      \
    "null old oomd opt opts options per pid ping port post pre prestop proc psql quit ratio "      \
    "readiness redis run sbin schema scheme sec semi seconds sh sigterm similar single skip "      \
    "sleep socket space srv start status stop sys sysctl systemctl systemd tab tcp telnet then "   \
    "tls tmp total unix unmask url urls usr valkey var versions wget while young "                 \
    "db dependencies dependency deps downstream databases upstreams topics kafka bootstrap "       \
    "backend bytes check healthy ready ping pong skipnodeswithsystempods node nodes pods "
/* Of runtimes: heap and memory. */
#define RUNTIMES                                                                                      \
    "activeprocessorcount alwayspretouch catalina etcd exitonoutofmemoryerror gomaxprocs gomemlimit " \
    "gogc heapdumponoutofmemoryerror initialheapsize initialrampercentage maxdirectmemorysize "       \
    "maxheapsize maxmetaspacesize maxram maxrampercentage metaspacesize minrampercentage "            \
    "reservedcodecachesize tool usecontainersupport useg1gc useparallelgc useserialgc usezgc "        \
    "xms xmx xss xx "
/* ---- expressions of alerts ---- */
#define METRICS                                                                              \
    "alert alerts avg by changes count evictions instance job kubelet memavailable memfree " \
    "memtotal oom over rate reason reasons restarts rss rule rules sum time total unless "   \
    "usage used utilisation utilization vmstat working container limit memory "              \
    "and or on "
/* ---- of our own ---- */
#define OWN "plimsoll criticality profile"

const char redact_words[] =
    VALUES KINDS RESOURCES GROUPS SYSTEM ROLES FIELDS PROGRAMS COMMANDS RUNTIMES METRICS OWN;

const char *const redact_parts[] = {
    "NetworkPolic", "alertmanager", "metrics", "rules", "alert",    "listen",
    "advertise",    "bind",         "sleep",   "OPT",   "database", "dependenc",
    "downstream",   "kafka",        "mongo",   "mysql", "postgres", "rabbitmq",
    "redis",        "upstream",     "dns",     "deps",  "db",       NULL,
};
