"""The event and record feeds of the input contract, one field a line, as text that `contracts` reads.

Belongs here: names, required marks, types, allowed values, ranges. Not here: registers (`register_fields`), code.

A line is ``name R|O type [value ...] [low..high]``; ``(low..high`` leaves the low end out. Types: `contracts.Field`.
"""

MODEL_REQUESTS = """
request_id R str
requested_at R time
account_id R str
organization_id O str
api_key_id O str
surface R str
model R str
ip_hash R hash
ip_prefix_hash O hash
asn O int
asn_kind O str cloud residential mobile education business vpn unknown
country O str
user_agent_hash O hash
device_hash O hash
payment_hash O hash
template_hash O hash
prompt_hash O hash
prompt_simhash O hash
task_category O str coding agentic tool_use reasoning math vision writing translation data_labeling chat other
elicits_reasoning O bool
grades_outputs O bool
strict_format O bool
input_tokens R int 0..
output_tokens R int 0..
stop_reason O str end_turn max_tokens stop_sequence tool_use refusal error
status_code R int
tools O [str]
policy_scores O scores 0..1
hash_key_id O str
"""

ACCOUNTS = """
account_id R str
observed_at R time
created_at R time
organization_id O str
kind R str individual business education research startup_program
status R str active suspended terminated closed
verification R str none phone payment identity contract
billing_country O str
declared_use O str
email_pattern_hash O hash
payment_hash O hash
signup_ip_hash O hash
signup_asn O int
referrer_account_id O str
research_verified O bool
rate_limit_rpm O int
terms_version O str
terms_accepted_at O time
hash_key_id O str
"""

DETECTIONS = """
detection_id R str
detected_at R time
detector_id R str
detector_version R str
account_id R str
request_id O str
content_id O str
surface R str
policy_code R str
score R float 0..1
is_automated R bool
"""

LEADS = """
lead_id R str
opened_at R time
origin R str threat_intel detection user_report partner research law_enforcement
title R str
hypothesis O str
priority R int 1..4
status R str open in_review actioned rejected
closed_at O time
account_ids R [str]
policy_code O str
intel_refs O [str]
updated_at O time
"""

USER_REPORTS = """
report_id R str
submitted_at R time
reporter_id O hash
reporter_kind R str user non_user trusted_flagger authority
surface R str
target_kind R str conversation shared_link artifact project account mcp_server connector agent model_output other
target_id R str
account_id O str
mcp_server O str
reason_code R str
claims_illegal R bool
is_article_16 R bool
substantiated O bool
has_reasons O bool
has_location O bool
has_contact O bool
has_good_faith O bool
item_count O int
country O str
language O str
"""

REPORT_OUTCOMES = """
report_id R str
acknowledged_at O time
decided_at O time
outcome O str action_taken no_action duplicate invalid
basis O str law terms none
processed_by O str automated partially_automated human
notified_at O time
duplicate_of O str
action_ids O [str]
updated_at O time
"""

REVIEWS = """
review_id R str
queue R str
enqueued_at R time
assigned_at O time
decided_at O time
work_item_id O str
item_kind O str account cluster content notice action mcp_server
source_kind R str work_item detection user_report copyright_notice lead appeal audit_sample golden second_review
source_id O str
item_id R str
account_id O str
surface R str
language O str
reviewer_id O str
reviewer_kind O str internal vendor automated
vendor_id O str
policy_code O str
decision O str violating not_violating escalate unsure
decision_policy_code O str
severity O int 1..4
golden_decision O str
sample_probability O float (0..1
stratum O str
sop_id O str
sop_version O str
handling_seconds O int
paused_seconds O int
is_second_review O bool
sample_id O str
content_sensitivity O int 1..4
updated_at O time
"""

ENFORCEMENT_ACTIONS = """
action_id R str
decision_id O str
decided_at R time
applied_at O time
ends_at O time
account_id O str
content_id O str
content_kind O str app audio image product synthetic_media text video other
content_created_on O date
surface R str
policy_code R str
secondary_policy_codes O [str]
severity R int 1..4
action R str
ground R str illegal terms
legal_ground O str
terms_ground O str
explanation R str
source R str own_initiative user_report article_16_notice trusted_flagger order copyright_notice partner appeal
source_id O str
source_ids O [str]
target_kind O str account content mcp_server reporter sender
target_id O str
repeat_ground O str illegal_content unfounded_notices unfounded_complaints
recipient_country O str
work_item_id O str
cluster_id O str
signal_ids O [str]
review_ids O [str]
automated_detection R bool
automated_decision R str fully partially none
territorial_scope O [str]
content_language O str
review_id O str
lead_id O str
case_id O str
detection_id O str
reversed_at O time
reversal_reason O str appeal own_review counter_notice retraction court
rationale_precedent_ids O [str]
updated_at O time
"""

APPEALS = """
appeal_id R str
action_id O str
subject_kind O str action report notice
subject_id O str
submitted_at R time
review_ids O [str]
decided_at O time
channel R str internal out_of_court court
outcome O str upheld reversed partially_reversed omitted withdrawn
ground O str visibility provision account monetisation notice_not_actioned trusted_flagger_notice_not_actioned
automated_decision O str
implemented O bool
updated_at O time
"""

LEGAL_ORDERS = """
order_id R str
received_at R time
acknowledged_at O time
effected_at O time
kind R str act_against_content provide_information
issuing_country R str
authority O str
category R str
item_count R int
accounts_affected O int
surface O str
process_kind O str
data_disclosed O str none non_content content
user_notified_at O time
gag_until O time
outcome O str complied partially contested rejected
updated_at O time
"""

COPYRIGHT_NOTICES = """
notice_id R str
received_at R time
kind R str takedown counter_notice retraction reversal court_order
channel R str webform api email trusted_program post
sender_id R str
sender_kind O str rightsholder agent law_firm individual
rightsholder O str
target_count R int
targets O [object]
relates_to O str
surface O str
is_article_16 O bool
claim_kind O str hosted model_output training_data
court_action_notified_at O time
has_signature O bool
identifies_work O bool
identifies_material O bool
has_contact O bool
has_good_faith O bool
has_accuracy O bool
language O str
country O str
decided_at O time
decision O str accepted partially_accepted rejected duplicate incomplete
decided_by O str automated internal vendor
restored_at O time
updated_at O time
"""

ESCALATIONS = """
escalation_id R str
case_id R str
channel R str legal law_enforcement regulator ncmec partner_platform upstream_provider
submitted_at R time
acknowledged_at O time
closed_at O time
outcome O str accepted declined action_taken no_action pending
package_sha256 O hash
account_ids R [str]
partner_id O str
piece_count O int
external_report_id O str
priority O int 1..4
updated_at O time
"""

CASES = """
case_id R str
opened_at R time
lead_ids O [str]
cluster_ids O [str]
owner R str
counsel O str
status R str open escalated closed
legal_hold O bool
jurisdictions O [str]
closed_at O time
updated_at O time
"""

EVIDENCE_ITEMS = """
evidence_id R str
case_id R str
collected_at R time
collected_by R str
method R str osint partner internal
source_ref R str
sha256 O hash
reliability O str A B C D E F
credibility O int 1..6
tlp O str clear green amber red
supersedes O str
"""

INCIDENTS = """
incident_id R str
discovered_at R time
occurred_at O time
regimes R [str]
imminent_danger O bool
why_qualifies R str
summary R str
internal_use O bool
model O str
reported_at O time
amended_at O time
updated_at O time
"""

RETRACTIONS = """
retraction_id R str
requested_at R time
requested_by R str
approved_by R str
reason R str
feed R str
file_sha256 O hash
line O int
id O str
superseded_by O str
"""

CONTROL_TOTALS = """
control_id R str
source_system R str
feed R str
period_start R time
period_end R time
record_count R int
generated_at R time
"""

ERASURES = """
erasure_id R str
requested_at R time
entity_kind R str account reporter sender
entity_id R str
basis R str
approved_by R str
"""

EVALUATIONS = """
eval_id R str
sample_id R str
epoch R int
run_id O str
task R str
task_version O str
model R str
created_at R time
status O str
score_name O str
score O float
scores O object
input_tokens O int 0..
output_tokens O int 0..
policy_code O str
phase O str pre_launch post_launch
error O bool
"""

THREAT_INTEL = """
id R str
type R str
spec_version O str
created O time
modified O time
name O str
pattern O str
pattern_type O str
indicator_types O [str]
valid_from O time
valid_until O time
confidence O int 0..100
labels O [str]
kill_chain_phases O [object]
external_refs O [object]
tlp O str
revoked O bool
source_ref O str
target_ref O str
relationship_type O str
"""
