export function AddCameraPage() {
  return null;
}
