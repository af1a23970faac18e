{{- define "handover.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{/* Short enough for what is put behind it. */}}
{{- define "handover.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "handover.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What a selector goes by. A Service selects a component, so that no job is taken for a bridge. */}}
{{- define "handover.selector" -}}
app.kubernetes.io/name: {{ include "handover.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "handover.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "handover.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "handover.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* "true" with SQLite, else empty. */}}
{{- define "handover.sqlite" -}}
{{- if hasPrefix "sqlite:" .Values.store.url }}true{{ end -}}
{{- end }}

{{- define "handover.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "handover.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Whatever would be found out by nobody before users are left with nobody. */}}
{{- define "handover.refuse" -}}
{{- if and (include "handover.sqlite" .) (gt (int .Values.replicaCount) 1) -}}
{{- fail (printf "replicaCount is %d and store.url is %s: one process owns an SQLite file. Set replicaCount to 1, or leave store.url empty and give the address of a PostgreSQL database in the Secret." (int .Values.replicaCount) .Values.store.url) -}}
{{- end -}}
{{- if not .Values.secrets.existingSecret -}}
{{- fail (printf "secrets.existingSecret is empty: make a Secret with the keys %s%s and the secrets that your configuration names, and set its name." .Values.secrets.adminTokenKey (ternary "" (printf ", %s" .Values.secrets.storeUrlKey) (eq (include "handover.sqlite" .) "true"))) -}}
{{- end -}}
{{- if and (not (include "handover.sqlite" .)) .Values.migration.enabled (not .Values.migration.existingSecret) -}}
{{- fail (printf "migration.existingSecret is empty: make a Secret with the key %s, the address of the database for the role that owns the tables, or set migration.enabled to false and run `handover migrate` yourself before each upgrade." .Values.migration.storeUrlKey) -}}
{{- end -}}
{{- range $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- if hasKey $.Values.podLabels $own -}}
{{- fail (printf "podLabels has %s, which the chart sets itself: its selectors would not find the pods. Take another name." $own) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.migration.existingSecret (eq .Values.migration.existingSecret .Values.secrets.existingSecret) -}}
{{- fail "migration.existingSecret and secrets.existingSecret are the same Secret: the bridges would be given the role that owns the tables." -}}
{{- end -}}
{{- end }}

{{- define "handover.egressToDns" -}}
- ports:
    {{- range .Values.networkPolicy.dnsPorts }}
    - { port: {{ . }}, protocol: UDP }
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  {{- with .Values.networkPolicy.dns }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "handover.egressToDatabase" -}}
- ports:
    - { port: {{ .Values.networkPolicy.databasePort }}, protocol: TCP }
  {{- with .Values.networkPolicy.database }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
