export function BellsPage() {
  return null;
}
