-- Rotation of secrets.
SELECT 1;
