-- Sends the tag of a product whenever it changes. Notifications go out when the
-- transaction commits, and equal ones of a transaction only once.
CREATE FUNCTION purge_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('purge', 'product-' || coalesce(NEW.id, OLD.id));
  RETURN NULL;
END
$$;

CREATE TRIGGER purge_product AFTER INSERT OR UPDATE OR DELETE ON product
  FOR EACH ROW EXECUTE FUNCTION purge_product();
