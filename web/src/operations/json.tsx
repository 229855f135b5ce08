/** A value for reading, if there is one. */
export function Json({ title, value }: { title: string; value: object | null | undefined }) {
  if (!value) return null;
  return (
    <section className="card json" aria-label={title}>
      <h2>{title}</h2>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
