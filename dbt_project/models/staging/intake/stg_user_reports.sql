with standing as (
    {{ standing('user_reports', ['report_id']) }}
)

select
    standing.report_id,
    standing.submitted_at,
    standing.reporter_id,
    standing.reporter_kind,
    standing.surface,
    standing.target_kind,
    standing.target_id,
    standing.account_id,
    standing.mcp_server,
    standing.reason_code,
    standing.claims_illegal,
    standing.is_article_16,
    standing.substantiated,
    standing.has_reasons,
    standing.has_location,
    standing.has_contact,
    standing.has_good_faith,
    standing.item_count,
    standing.country,
    standing.language,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
