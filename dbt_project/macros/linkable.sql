{#-
A keyed hash as something that accounts may share: hashes are compared only within the key that made them, so the key's id goes in
front where one is given. Null and empty stay null: they never link.
-#}
{%- macro linkable(hash, key_id='requests.hash_key_id') -%}
    case
        when {{ hash }} = '' then null
        when {{ key_id }} is null or {{ key_id }} = '' then {{ hash }}
        else {{ dbt.concat([key_id, "':'", hash]) }}
    end
{%- endmacro -%}
