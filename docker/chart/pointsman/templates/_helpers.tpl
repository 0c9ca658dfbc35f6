{{- define "pointsman.labels" -}}
app.kubernetes.io/name: pointsman
{{- end }}

{{- define "pointsman.image" -}}
image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- define "pointsman.nodeName" -}}
- name: NODE_NAME
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
{{- end }}

{{- define "pointsman.proxyConfig" -}}
{{ .Values.kubeProxy.existingConfigMap | default "pointsman-proxy" }}
{{- end }}

{{- define "pointsman.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ . }}
  labels:
    {{- include "pointsman.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ . }}
subjects:
  - kind: ServiceAccount
    name: pointsman
    namespace: kube-system
{{- end }}

{{- /* Port 10256 is kube-proxy's, or ours where we program rules; without rules there is health of the Corefile. */}}
{{- define "pointsman.liveness" -}}
{{- if and .Values.kubeProxy.enabled (not .Values.observeOnly) -}}
{ path: /livez, port: 10256 }
{{- else if .Values.dns.enabled -}}
{ host: 127.0.0.1, path: /health, port: 8080 }
{{- end -}}
{{- end }}

{{- define "pointsman.readiness" -}}
{{- if .Values.dns.enabled -}}
{ path: /ready, port: 8181 }
{{- else if not .Values.observeOnly -}}
{ path: /healthz, port: 10256 }
{{- end -}}
{{- end }}

{{- /* The Service kube-dns finds pods of its own namespace alone. */}}
{{- define "pointsman.namespace" -}}
{{- if ne .Release.Namespace "kube-system" -}}
{{- fail (printf "the namespace must be kube-system, where kubelets and dashboards look for these; got %q" .Release.Namespace) -}}
{{- end -}}
namespace: kube-system
{{- end }}
