with in_force as (
    {{ in_force('policies', ['policy_code', 'valid_from']) }}
)

select
    in_force.policy_code,
    in_force.name,
    in_force.parent,
    in_force.dsa_category,
    in_force.dsa_keyword,
    in_force.ncmec_class,
    in_force.severity_default,
    in_force.terms_version,
    in_force.terms_provision,
    in_force.ip_provision,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
