-- The order in which people look for a name: the Vietnamese alphabet, and "Tổ 2" before "Tổ 10".
CREATE COLLATION by_name (provider = icu, locale = 'vi-u-kn-true');
