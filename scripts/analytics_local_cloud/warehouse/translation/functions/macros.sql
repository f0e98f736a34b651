CREATE OR REPLACE MACRO gsql_fail(words) AS [NULL][CAST('GoogleSQL: ' || words AS BIGINT)];
CREATE OR REPLACE MACRO gsql_refuse(words) AS [NULL][CAST('not translated: ' || words AS BIGINT)];

-- numbers
CREATE OR REPLACE MACRO gsql_float_text(x) AS CASE
    WHEN x = 0 THEN '0' WHEN isnan(x) THEN 'nan'
    WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
    WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x)
    ELSE printf('%.17g', x) END;
CREATE OR REPLACE MACRO gsql_finite(result, a, b, sign) AS CASE
    WHEN isfinite(result) OR NOT isfinite(a) OR NOT isfinite(b) THEN result
    ELSE gsql_fail('double overflow: ' || gsql_float_text(a) || ' ' || sign || ' ' || gsql_float_text(b)) END;
CREATE OR REPLACE MACRO gsql_divide(a, b) AS CASE
    WHEN b = 0 THEN gsql_fail('division by zero: ' || gsql_float_text(a) || ' / ' || gsql_float_text(b))
    ELSE gsql_finite(a / b, a, b, '/') END;
CREATE OR REPLACE MACRO gsql_div(a, b) AS CASE
    WHEN b = 0 THEN gsql_fail('division by zero: ' || a || ' / ' || b)
    WHEN a = -9223372036854775808 AND b = -1 THEN gsql_fail('int64 overflow: -' || a)
    ELSE a // b END;
CREATE OR REPLACE MACRO gsql_mod(a, b) AS CASE
    WHEN b = 0 THEN gsql_fail('division by zero: MOD(' || a || ', ' || b || ')')
    WHEN b = -1 THEN CASE WHEN a IS NOT NULL THEN CAST(0 AS BIGINT) END
    ELSE a % b END;
CREATE OR REPLACE MACRO gsql_floor(a, unit) AS (a - ((a % unit) + unit) % unit) // unit;
CREATE OR REPLACE MACRO gsql_known(result, x, name) AS CASE
    WHEN isnan(result) AND NOT isnan(x) OR isinf(result) AND NOT isinf(x)
    THEN gsql_fail('Floating point error in function: ' || name || '(' || gsql_float_text(x) || ')')
    ELSE result END;
CREATE OR REPLACE MACRO gsql_sin(x) AS CASE WHEN isfinite(x) THEN sin(x) WHEN x IS NOT NULL THEN CAST('nan' AS DOUBLE) END;
CREATE OR REPLACE MACRO gsql_cos(x) AS CASE WHEN isfinite(x) THEN cos(x) WHEN x IS NOT NULL THEN CAST('nan' AS DOUBLE) END;
CREATE OR REPLACE MACRO gsql_tan(x) AS CASE WHEN isfinite(x) THEN tan(x) WHEN x IS NOT NULL THEN CAST('nan' AS DOUBLE) END;
CREATE OR REPLACE MACRO gsql_asin(x) AS CASE WHEN abs(x) <= 1 THEN asin(x) WHEN NOT isfinite(x) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: ASIN(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_acos(x) AS CASE WHEN abs(x) <= 1 THEN acos(x) WHEN NOT isfinite(x) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: ACOS(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_atan(x) AS atan(x);
CREATE OR REPLACE MACRO gsql_sinh(x) AS gsql_known(sinh(x), x, 'SINH');
CREATE OR REPLACE MACRO gsql_cosh(x) AS gsql_known(cosh(x), x, 'COSH');
CREATE OR REPLACE MACRO gsql_tanh(x) AS tanh(x);
CREATE OR REPLACE MACRO gsql_asinh(x) AS asinh(x);
CREATE OR REPLACE MACRO gsql_acosh(x) AS CASE WHEN x >= 1 THEN acosh(x) WHEN NOT isfinite(x) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: ACOSH(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_atanh(x) AS CASE WHEN abs(x) < 1 THEN atanh(x) WHEN NOT isfinite(x) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: ATANH(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_exp(x) AS gsql_known(exp(x), x, 'EXP');
CREATE OR REPLACE MACRO gsql_ln(x) AS CASE WHEN x > 0 THEN ln(x) WHEN isnan(x) OR x = CAST('-inf' AS DOUBLE) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: LN(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_log10(x) AS CASE WHEN x > 0 THEN log10(x) WHEN isnan(x) OR x = CAST('-inf' AS DOUBLE) THEN CAST('nan' AS DOUBLE) ELSE gsql_fail('Floating point error in function: LOG10(' || gsql_float_text(x) || ')') END;
CREATE OR REPLACE MACRO gsql_sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) ELSE gsql_fail('Argument to SQRT cannot be negative: ' || gsql_float_text(x)) END;
CREATE OR REPLACE MACRO gsql_cbrt(x) AS cbrt(x);
CREATE OR REPLACE MACRO gsql_log(x, base) AS CASE
    WHEN isnan(x) OR isnan(base) OR isinf(x) OR isinf(base) THEN gsql_refuse('LOG of infinity')
    WHEN x <= 0 OR base <= 0 OR base = 1 THEN gsql_fail('Floating point error in function: LOG(' || gsql_float_text(x) || ', ' || gsql_float_text(base) || ')')
    ELSE ln(x) / ln(base) END;
CREATE OR REPLACE MACRO gsql_pow(a, b) AS CASE
    WHEN isfinite(pow(a, b)) OR NOT isfinite(a) OR NOT isfinite(b) THEN pow(a, b)
    ELSE gsql_fail('Floating point error in function: POW(' || gsql_float_text(a) || ', ' || gsql_float_text(b) || ')') END;
-- Exact: 2.675 is a little less than it seems. Only a tie is rounded by arithmetic, away from zero.
CREATE OR REPLACE MACRO gsql_is_tie(x, digits) AS regexp_matches(printf('%.60f', x), '\.\d{' || digits || '}50*$');
CREATE OR REPLACE MACRO gsql_round(x, digits) AS CASE
    WHEN x IS NULL OR digits IS NULL THEN NULL
    WHEN NOT isfinite(x) OR digits > 60 THEN x
    WHEN digits <= 0 OR gsql_is_tie(x, digits) THEN round(x, CAST(greatest(digits, -400) AS INTEGER))
    ELSE CAST(printf('%.' || digits || 'f', x) AS DOUBLE) END;
CREATE OR REPLACE MACRO gsql_float_to_numeric(x) AS CASE
    WHEN NOT isfinite(x) OR abs(x) >= 1e29 THEN gsql_fail('Illegal conversion of non-finite or too large floating point number to numeric: ' || gsql_float_text(x))
    WHEN gsql_is_tie(x, 9) THEN CAST(x AS DECIMAL(38,9)) ELSE CAST(printf('%.9f', x) AS DECIMAL(38,9)) END;
CREATE OR REPLACE MACRO gsql_range_bucket(x, points) AS CASE WHEN x IS NOT NULL AND points != list_sort(points) THEN gsql_refuse('RANGE_BUCKET of an array out of order') WHEN x IS NOT NULL AND points IS NOT NULL THEN CAST(len(list_filter(points, lambda e: e <= x)) AS BIGINT) END;
CREATE OR REPLACE MACRO gsql_float_to_int(x) AS CASE
    WHEN isfinite(x) AND round(x) >= -9223372036854775808.0 AND round(x) < 9223372036854775808.0 THEN CAST(round(x) AS BIGINT)
    WHEN isfinite(x) THEN gsql_fail('int64 out of range: ' || gsql_float_text(x))
    ELSE gsql_fail('Illegal conversion of non-finite floating point number to an integer: ' || gsql_float_text(x)) END;
CREATE OR REPLACE MACRO gsql_numeric_to_int(x) AS CAST(round(x, 0) AS BIGINT);
CREATE OR REPLACE MACRO gsql_numeric_text(x) AS regexp_replace(CAST(x AS VARCHAR), '\.?0+$', '');
CREATE OR REPLACE MACRO gsql_trimmed(s) AS trim(s, chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' +');
CREATE OR REPLACE MACRO gsql_text_to_int(s) AS CASE
    WHEN regexp_full_match(s, '\s*[-+]?\d+\s*') THEN CAST(gsql_trimmed(s) AS BIGINT)
    WHEN regexp_full_match(s, '\s*[-+]?0[xX][0-9a-fA-F]+\s*') THEN
        CASE WHEN contains(s, '-') THEN CAST(-TRY_CAST(ltrim(gsql_trimmed(s), '-') AS HUGEINT) AS BIGINT) ELSE CAST(gsql_trimmed(s) AS BIGINT) END
    ELSE gsql_fail('Bad int64 value: ' || s) END;
CREATE OR REPLACE MACRO gsql_text_to_numeric(s) AS CASE
    WHEN regexp_full_match(s, '(?i)\s*[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?)\s*') THEN CAST(gsql_trimmed(s) AS DECIMAL(38,9))
    ELSE gsql_fail('Invalid NUMERIC value: ' || s) END;
CREATE OR REPLACE MACRO gsql_text_to_float(s) AS CASE
    WHEN regexp_full_match(s, '(?i)\s*[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|inf|infinity|nan)\s*') THEN CAST(gsql_trimmed(s) AS DOUBLE)
    WHEN regexp_full_match(s, '\s*[-+]?0[xX][0-9a-fA-F]{1,15}\s*') THEN CAST(gsql_text_to_int(s) AS DOUBLE)
    ELSE gsql_fail('Bad double value: ' || s) END;
CREATE OR REPLACE MACRO gsql_hex(n, big) AS CASE WHEN n = -9223372036854775808 THEN '-8000000000000000' ELSE CASE WHEN n < 0 THEN '-' ELSE '' END || CASE WHEN big THEN printf('%X', abs(n)) ELSE printf('%x', abs(n)) END END;
CREATE OR REPLACE MACRO gsql_text_to_bool(s) AS CASE
    WHEN lower(s) = 'true' THEN TRUE WHEN lower(s) = 'false' THEN FALSE ELSE gsql_fail('Bad bool value: ' || s) END;

-- strings
CREATE OR REPLACE MACRO gsql_characters(s) AS CASE WHEN s = '' THEN CAST([] AS VARCHAR[]) ELSE regexp_extract_all(s, '(?s).') END;
CREATE OR REPLACE MACRO gsql_code_points(s) AS list_transform(gsql_characters(s), lambda c: CAST(unicode(c) AS BIGINT));
CREATE OR REPLACE MACRO gsql_substr(s, start, size) AS CASE
    WHEN size < 0 THEN gsql_fail('Third argument in SUBSTR() cannot be negative')
    WHEN start > length(s) OR size = 0 THEN substring(s, 1, 0)
    WHEN start > 0 THEN substring(s, start, least(size, 4294967295))
    WHEN start = 0 OR start < -length(s) THEN substring(s, 1, least(size, 4294967295))
    ELSE substring(s, length(s) + start + 1, least(size, 4294967295)) END;
CREATE OR REPLACE MACRO gsql_left(s, n) AS CASE WHEN n < 0 THEN gsql_fail('Second argument in LEFT() cannot be negative') ELSE substring(s, 1, least(n, 4294967295)) END;
CREATE OR REPLACE MACRO gsql_right(s, n) AS CASE WHEN n < 0 THEN gsql_fail('Second argument in RIGHT() cannot be negative') WHEN n >= length(s) THEN s ELSE substring(s, length(s) - n + 1, n) END;
CREATE OR REPLACE MACRO gsql_reverse(s) AS array_to_string(list_reverse(gsql_characters(s)), '');
CREATE OR REPLACE MACRO gsql_repeat(s, n) AS CASE WHEN n < 0 THEN gsql_fail('Second argument (repeat count) for REPEAT cannot be negative') WHEN n * strlen(s) > 1048576 THEN gsql_fail('Output of REPEAT exceeds max allowed output size of 1MB') ELSE repeat(s, n) END;
CREATE OR REPLACE MACRO gsql_replace(s, a, b) AS CASE WHEN a = '' AND b IS NOT NULL THEN s ELSE replace(s, a, b) END;
CREATE OR REPLACE MACRO gsql_split(s, sep) AS CASE
    WHEN s = '' AND sep IS NOT NULL THEN [''] WHEN sep = '' THEN gsql_characters(s) ELSE string_split(s, sep) END;
CREATE OR REPLACE MACRO gsql_pad(s, n, sep, at_left) AS CASE
    WHEN n < 0 THEN gsql_fail('Second argument (output size) for LPAD/RPAD cannot be negative')
    WHEN sep = '' THEN gsql_fail('Third argument (pad pattern) for LPAD/RPAD cannot be empty')
    WHEN n > 1048576 THEN gsql_fail('Output of LPAD/RPAD exceeds max allowed output size of 1MB')
    WHEN sep IS NOT NULL AND n <= length(s) THEN substring(s, 1, n)
    WHEN at_left THEN lpad(s, CAST(n AS INTEGER), sep) ELSE rpad(s, CAST(n AS INTEGER), sep) END;
-- Characters whose other case depends on their neighbours, or is several characters.
CREATE OR REPLACE MACRO gsql_upper(s) AS CASE
    WHEN regexp_matches(s, '[ŉǰΐΰևẖ-ẚὐ-ὗᾀ-ῼﬀ-ﬆﬓ-ﬗ]') THEN gsql_refuse('UPPER of such letters')
    ELSE upper(replace(s, 'ß', 'SS')) END;
CREATE OR REPLACE MACRO gsql_lower(s) AS CASE
    WHEN regexp_matches(s, '[İΣ]') THEN gsql_refuse('LOWER of such letters') ELSE lower(s) END;
CREATE OR REPLACE MACRO gsql_initcap(s) AS array_to_string(list_transform(regexp_extract_all(s, '[\s\[\](){}/|!?@"^#$&~_,.:;*%+\-<>\\]|[^\s\[\](){}/|!?@"^#$&~_,.:;*%+\-<>\\]+'), lambda w: gsql_upper(w[1]) || gsql_lower(w[2:])), '');
CREATE OR REPLACE MACRO gsql_trim(s) AS regexp_replace(s, '^[\p{Z}\s\x0b\x85]+|[\p{Z}\s\x0b\x85]+$', '', 'g');
CREATE OR REPLACE MACRO gsql_ltrim(s) AS regexp_replace(s, '^[\p{Z}\s\x0b\x85]+', '');
CREATE OR REPLACE MACRO gsql_rtrim(s) AS regexp_replace(s, '[\p{Z}\s\x0b\x85]+$', '');
CREATE OR REPLACE MACRO gsql_ascii(s) AS CASE WHEN s = '' THEN 0 WHEN unicode(s) > 127 THEN gsql_fail('Non-ASCII') ELSE CAST(ascii(s) AS BIGINT) END;
CREATE OR REPLACE MACRO gsql_chr(n) AS CASE WHEN n = 0 THEN chr(0) WHEN n < 0 OR n > 1114111 OR n BETWEEN 55296 AND 57343 THEN gsql_fail('Invalid codepoint ' || n) ELSE chr(CAST(n AS INTEGER)) END;
CREATE OR REPLACE MACRO gsql_regexp_extract(s, pattern, groups) AS CASE
    WHEN regexp_matches(s, pattern) THEN regexp_extract(s, pattern, groups) END;
CREATE OR REPLACE MACRO gsql_regexp_extract_optional(s, pattern) AS CASE
    WHEN regexp_matches(s, pattern) THEN CASE WHEN regexp_extract(s, pattern, 1) = '' THEN gsql_refuse('REGEXP_EXTRACT of a group that may be missing') ELSE regexp_extract(s, pattern, 1) END END;
CREATE OR REPLACE MACRO gsql_regexp_extract_all(s, pattern, groups) AS CASE
    WHEN list_contains(regexp_extract_all(s, pattern, 0), '') THEN gsql_refuse('REGEXP_EXTRACT_ALL of empty matches')
    ELSE regexp_extract_all(s, pattern, groups) END;
CREATE OR REPLACE MACRO gsql_join(items, sep) AS CASE WHEN len(items) = 0 THEN '' ELSE list_reduce(items, lambda x, y: x || sep || y) END;

-- arrays
CREATE OR REPLACE MACRO gsql_at(a, n, shown) AS CASE
    WHEN n >= 1 AND n <= len(a) THEN a[n] WHEN a IS NOT NULL AND n IS NOT NULL THEN gsql_fail('Array index ' || shown || ' is out of bounds') END;
CREATE OR REPLACE MACRO gsql_end(a, n, name, which) AS CASE
    WHEN len(a) = 0 THEN gsql_fail(name || ' cannot get the ' || which || ' element of an empty array') ELSE a[n] END;
CREATE OR REPLACE MACRO gsql_in_array(x, a) AS CASE
    WHEN coalesce(len(a), 0) = 0 THEN FALSE WHEN x IS NULL THEN NULL
    WHEN list_contains(a, x) THEN TRUE WHEN list_count(a) < len(a) THEN NULL ELSE FALSE END;
CREATE OR REPLACE MACRO gsql_generate(a, b, step) AS CASE
    WHEN step = 0 THEN gsql_fail('Sequence step cannot be 0.') WHEN (b - a) // step > 1048575 THEN gsql_fail('Output array is too large')
    ELSE generate_series(a, b, step) END;
CREATE OR REPLACE MACRO gsql_generate_dates(a, b, step) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL WHEN step = 0 THEN gsql_fail('Sequence step cannot be 0.') ELSE
    list_transform(generate_series(0, CAST(b - a AS BIGINT), step), lambda n: a + CAST(n AS INTEGER)) END;

-- dates
-- Of two moments that a clock shows twice, GoogleSQL takes the first, DuckDB the second.
CREATE OR REPLACE MACRO gsql_shows(zone, micros, shown) AS timezone(zone, make_timestamptz(micros)) = shown;
CREATE OR REPLACE MACRO gsql_absolute(shown, zone) AS list_transform([epoch_us(timezone(zone, shown))], lambda u: gsql_timestamp(CASE
    WHEN gsql_shows(zone, u - 3600000000, shown) THEN u - 3600000000
    WHEN gsql_shows(zone, u - 1800000000, shown) THEN u - 1800000000 ELSE u END))[1];
CREATE OR REPLACE MACRO gsql_date(x) AS CASE WHEN x BETWEEN DATE '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN CAST(x AS DATE) ELSE gsql_fail('Date is out of range: ' || x) END;
CREATE OR REPLACE MACRO gsql_datetime(x) AS CASE WHEN x BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN x ELSE gsql_fail('Datetime is out of range: ' || x) END;
CREATE OR REPLACE MACRO gsql_micros(n) AS CASE WHEN n BETWEEN -62135596800000000 AND 253402300799999999 THEN CAST(n AS BIGINT) ELSE gsql_fail('Timestamp is out of range: ' || n) END;
CREATE OR REPLACE MACRO gsql_timestamp(n) AS make_timestamptz(gsql_micros(n));
CREATE OR REPLACE MACRO gsql_timestamp_add(t, n, unit) AS make_timestamptz(gsql_micros(epoch_us(t) + n * unit));
CREATE OR REPLACE MACRO gsql_datetime_add(t, n, unit) AS make_timestamp(gsql_micros(epoch_us(t) + n * unit));
CREATE OR REPLACE MACRO gsql_time_add(t, n, unit) AS t + to_microseconds((n % (86400000000 // unit)) * unit);
CREATE OR REPLACE MACRO gsql_time_trunc(t, unit) AS t - to_microseconds(epoch_us(t) % unit);
CREATE OR REPLACE MACRO gsql_timestamp_trunc(t, unit) AS make_timestamptz(gsql_floor(epoch_us(t), unit) * unit);
CREATE OR REPLACE MACRO gsql_make_date(y, m, d) AS CASE WHEN y BETWEEN 1 AND 9999 AND m BETWEEN 1 AND 12 AND d BETWEEN 1 AND 31 THEN make_date(y, m, d) ELSE gsql_fail('Input calculates to invalid date: ' || y || '-' || m || '-' || d) END;
CREATE OR REPLACE MACRO gsql_make_time(h, m, s) AS CASE WHEN h BETWEEN 0 AND 23 AND m BETWEEN 0 AND 59 AND s BETWEEN 0 AND 59 THEN make_time(h, m, s) ELSE gsql_fail('Input calculates to invalid time: ' || h || ':' || m || ':' || s) END;
CREATE OR REPLACE MACRO gsql_fraction(micros) AS CASE WHEN micros = 0 THEN '' WHEN micros % 1000 = 0 THEN '.' || lpad(CAST(micros // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(micros AS VARCHAR), 6, '0') END;
CREATE OR REPLACE MACRO gsql_datetime_text(x) AS strftime(x, '%Y-%m-%d %H:%M:%S') || gsql_fraction(microsecond(x) % 1000000);
CREATE OR REPLACE MACRO gsql_time_text(x) AS strftime(DATE '2000-01-01' + x, '%H:%M:%S') || gsql_fraction(microsecond(x) % 1000000);
CREATE OR REPLACE MACRO gsql_iso(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S') || gsql_fraction(microsecond(x) % 1000000);
CREATE OR REPLACE MACRO gsql_number(digits) AS CAST(CASE WHEN digits = '' THEN '0' ELSE digits END AS BIGINT);
CREATE OR REPLACE MACRO gsql_clock(s, h, i, sec, fraction) AS CASE
    WHEN gsql_number(h) > 23 OR gsql_number(i) > 59 OR gsql_number(sec) > 60 THEN gsql_fail('Invalid time string "' || s || '"')
    WHEN strlen(fraction) > 6 THEN gsql_fail('Invalid subsecond in "' || s || '"')
    ELSE (gsql_number(h) * 3600 + gsql_number(i) * 60 + gsql_number(sec)) * 1000000 + gsql_number(rpad(fraction, 6, '0')) END;
CREATE OR REPLACE MACRO gsql_parts(s) AS regexp_extract(s, '^(\d{4,5})-(\d{1,2})-(\d{1,2})(?:[ Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?)?(?: ?([+-]\d{1,2})(?::(\d\d?))?|([zZ])| ([A-Za-z].*))?$', ['y', 'm', 'd', 'h', 'i', 's', 'f', 'zh', 'zm', 'z', 'n']);
CREATE OR REPLACE MACRO gsql_no_day(p) AS p.y = '' OR p.y IS NOT NULL AND TRY_CAST(p.y || '-' || p.m || '-' || p.d AS DATE) IS NULL;
CREATE OR REPLACE MACRO gsql_no_clock(p) AS gsql_number(p.h) > 23 OR gsql_number(p.i) > 59 OR gsql_number(p.s) > 60;
CREATE OR REPLACE MACRO gsql_day(p) AS gsql_make_date(CAST(p.y AS BIGINT), CAST(p.m AS BIGINT), CAST(p.d AS BIGINT));
CREATE OR REPLACE MACRO gsql_text_to_date(s) AS list_transform([gsql_parts(s)], lambda p: CASE
    WHEN gsql_no_day(p) OR p.h || p.zh || p.z || p.n != '' THEN gsql_fail('Invalid date: ''' || s || '''') ELSE gsql_day(p) END)[1];
CREATE OR REPLACE MACRO gsql_text_to_datetime(s) AS list_transform([gsql_parts(s)], lambda p: CASE
    WHEN gsql_no_day(p) OR gsql_no_clock(p) OR p.zh || p.z || p.n != '' THEN gsql_fail('Invalid datetime string "' || s || '"')
    ELSE gsql_day(p) + to_microseconds(gsql_clock(s, p.h, p.i, p.s, p.f)) END)[1];
CREATE OR REPLACE MACRO gsql_text_to_time(s) AS list_transform([regexp_extract(s, '^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?$', ['h', 'i', 's', 'f'])], lambda p: CASE
    WHEN p.h = '' THEN gsql_fail('Invalid time string "' || s || '"')
    ELSE TIME '00:00:00' + to_microseconds(gsql_clock(s, p.h, p.i, p.s, p.f)) END)[1];
CREATE OR REPLACE MACRO gsql_in_zone(moment, zone) AS CASE
    WHEN zone = '' OR upper(zone) = 'UTC' THEN epoch_us(moment)
    WHEN contains(zone, '/') OR zone IN ('GMT', 'EST', 'MST', 'HST') THEN epoch_us(timezone(zone, moment))
    ELSE gsql_fail('Invalid time zone: ' || zone) END;
CREATE OR REPLACE MACRO gsql_text_to_timestamp(s) AS list_transform([gsql_parts(regexp_replace(s, '(:\d\d(?:\.\d+)? ?[+-]\d\d)(\d\d)$', '\1:\2'))], lambda p: CASE
    WHEN gsql_no_day(p) OR gsql_no_clock(p) THEN gsql_fail('Invalid timestamp: ''' || s || '''')
    WHEN gsql_number(ltrim(p.zh, '+-')) * 60 + gsql_number(p.zm) > 840 OR gsql_number(p.zm) > 59 THEN gsql_fail('Invalid time zone in: ''' || s || '''')
    ELSE gsql_timestamp(gsql_in_zone(gsql_day(p) + to_microseconds(gsql_clock(s, p.h, p.i, p.s, p.f)), p.n)
        - CASE WHEN starts_with(p.zh, '-') THEN -60000000 ELSE 60000000 END * (gsql_number(ltrim(p.zh, '+-')) * 60 + gsql_number(p.zm))) END)[1];

-- JSON
CREATE OR REPLACE MACRO gsql_json_scalar(x) AS CASE
    WHEN json_type(x) = 'DOUBLE' AND CAST(x AS DOUBLE) != 0 AND abs(CAST(x AS DOUBLE)) NOT BETWEEN 1e-4 AND 1e15 THEN gsql_refuse('the text of such a JSON number')
    WHEN json_type(x) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(x, '$') END;
CREATE OR REPLACE MACRO gsql_json_within(s, path) AS json_extract(CASE WHEN json_valid(s) THEN s END, path);
CREATE OR REPLACE MACRO gsql_json_scalar_of_text(s, path) AS CASE
    WHEN json_type(gsql_json_within(s, path)) = 'DOUBLE' THEN gsql_refuse('JSON_VALUE of a number with a fraction in a STRING')
    ELSE gsql_json_scalar(gsql_json_within(s, path)) END;
CREATE OR REPLACE MACRO gsql_json_scalars(items) AS CASE
    WHEN len(list_filter(items, lambda e: json_type(e) IN ('OBJECT', 'ARRAY'))) = 0
    THEN list_transform(items, lambda e: gsql_json_scalar(e)) END;
CREATE OR REPLACE MACRO gsql_json_type(x) AS CASE json_type(x) WHEN 'VARCHAR' THEN 'string' WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' ELSE lower(json_type(x)) END;
CREATE OR REPLACE MACRO gsql_json_keys(x, depth) AS CASE
    WHEN depth < 1 THEN gsql_fail('max_depth must be positive.')
    WHEN depth > 1 THEN gsql_refuse('JSON_KEYS deeper than 1')
    WHEN json_type(x) = 'OBJECT' THEN list_sort(list_transform(json_keys(x), lambda k:
        CASE WHEN regexp_matches(k, '[."\\\x00-\x1f\x{2028}\x{2029}]') THEN gsql_json_quote(k) ELSE k END))
    WHEN x IS NOT NULL THEN CAST([] AS VARCHAR[]) END;
CREATE OR REPLACE MACRO gsql_json_bool(x) AS CASE json_type(x) WHEN 'BOOLEAN' THEN CAST(x AS BOOLEAN) ELSE CASE WHEN x IS NOT NULL THEN gsql_fail('The provided JSON input is not a boolean') END END;
CREATE OR REPLACE MACRO gsql_json_int(x) AS CASE WHEN json_type(x) IN ('BIGINT', 'UBIGINT') THEN CAST(CAST(x AS VARCHAR) AS BIGINT)
    WHEN json_type(x) = 'DOUBLE' AND trunc(CAST(x AS DOUBLE)) = CAST(x AS DOUBLE) AND abs(CAST(x AS DOUBLE)) < 9e18 THEN CAST(CAST(x AS DOUBLE) AS BIGINT)
    WHEN json_type(x) IS NOT NULL THEN gsql_fail('The provided JSON input is not an integer') END;
CREATE OR REPLACE MACRO gsql_json_float64(x) AS CASE WHEN json_type(x) = 'DOUBLE' OR json_type(x) = 'BIGINT' AND abs(CAST(x AS BIGINT)) < 9007199254740992 THEN CAST(x AS DOUBLE)
    WHEN json_type(x) IN ('BIGINT', 'UBIGINT') THEN gsql_refuse('FLOAT64 of a big JSON number')
    WHEN json_type(x) IS NOT NULL THEN gsql_fail('The provided JSON input is not a number') END;
CREATE OR REPLACE MACRO gsql_json_string(x) AS CASE WHEN json_type(x) = 'VARCHAR' THEN json_extract_string(x, '$')
    WHEN json_type(x) IS NOT NULL THEN gsql_fail('The provided JSON input is not a string') END;
CREATE OR REPLACE MACRO gsql_json_quote(s) AS replace(replace(CAST(to_json(s) AS VARCHAR), chr(8232), '\u2028'), chr(8233), '\u2029');
CREATE OR REPLACE MACRO gsql_json_float(x) AS CASE WHEN isnan(x) THEN '"NaN"' WHEN isinf(x) THEN CASE WHEN x > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE gsql_float_text(x) END;
CREATE OR REPLACE MACRO gsql_parse_json(s) AS CASE
    WHEN NOT json_valid(s) THEN gsql_fail('invalid JSON')
    WHEN regexp_matches(s, '^\s*-?\d{19,}') THEN gsql_refuse('PARSE_JSON of such a number')
    WHEN json_type(s) IN ('OBJECT', 'ARRAY') AND regexp_matches(s, '\d[.eE]|\d{17}|[{].*[{]|(:.*,.*:)') THEN gsql_refuse('PARSE_JSON of this value')
    ELSE json(s) END;
CREATE OR REPLACE MACRO gsql_stored_array(a) AS CASE WHEN a IS NULL THEN [] WHEN list_count(a) < len(a) THEN gsql_fail('Array cannot have a null element; error in writing field') ELSE a END;
