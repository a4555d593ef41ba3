{{ config(materialized='table') }}

{{ withdrawn_lines('model_requests', 'request_id') }}
