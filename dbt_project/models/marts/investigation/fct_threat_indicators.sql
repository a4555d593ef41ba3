select
    objects.id as indicator_id,
    objects.spec_version,
    objects.created as created_at,
    objects.modified as modified_at,
    objects.name,
    objects.pattern,
    objects.pattern_type,
    {{ json_list('objects.indicator_types') }} as indicator_types,
    objects.valid_from,
    objects.valid_until,
    objects.confidence,
    {{ json_list('objects.labels') }} as labels,
    objects.kill_chain_phases,
    objects.external_refs,
    objects.tlp,
    objects.revoked,
    objects._batch_id,
    objects._file_id,
    objects._line_no
from {{ ref('stg_threat_intel') }} as objects
where objects.type = 'indicator'
