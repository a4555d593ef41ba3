select
    policies.policy_code,
    policies.name,
    policies.parent,
    policies.dsa_category,
    policies.dsa_keyword,
    policies.ncmec_class,
    policies.severity_default,
    policies.terms_version,
    policies.terms_provision,
    policies.ip_provision,
    policies.valid_from,
    policies.valid_to,
    policies._batch_id,
    policies._file_id,
    policies._line_no
from {{ ref('stg_policies') }} as policies
