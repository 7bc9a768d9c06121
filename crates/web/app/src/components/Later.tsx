import { type ReactNode, Suspense, useEffect, useState } from "react";

interface Props {
  /** What stands in its place until it is there. */
  fallback?: ReactNode;
  /** Components made with `lazy`. */
  children: ReactNode;
}

/**
 * What is fetched once the page is there, so that nobody waits for it.
 *
 * A page that begins with something lazy begins to fetch it before it is shown itself, and React holds a page back
 * for up to 300 ms where a placeholder was shown just before.
 */
export function Later({ fallback, children }: Props) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    // Not in the task that shows the page.
    const timer = setTimeout(() => setShown(true));
    return () => clearTimeout(timer);
  }, []);
  return <Suspense fallback={fallback}>{shown ? children : fallback}</Suspense>;
}
