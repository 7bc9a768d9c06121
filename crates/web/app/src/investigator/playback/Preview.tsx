import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { rfc3339 } from "../../i18n/time";
import classes from "./playback.module.css";

interface Props {
  camera: string;
  at: number;
  label: string;
}

/** A small picture of a moment. One that is no longer wanted is not waited for. */
export function Preview({ camera, at, label }: Props) {
  const { t } = useTranslation("common");
  const canvas = useRef<HTMLCanvasElement>(null);
  const [wanted] = useDebouncedValue(at, 80);
  const { data, isError, isPlaceholderData } = useQuery<Blob>({
    queryKey: ["preview", camera, wanted],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 120_000,
    retry: false,
    // Another moment of the same camera, shown as old, until its own comes.
    placeholderData: (before, query) => (query?.queryKey[1] === camera ? before : undefined),
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ at: rfc3339(wanted), width: "320" });
      const answer = await fetch(`/api/v1/cameras/${camera}/snapshot?${query}`, { signal });
      if (!answer.ok) throw await Problem.of(answer);
      return answer.blob();
    },
  });
  useEffect(() => {
    if (!data) return;
    let left = false;
    void createImageBitmap(data).then((picture) => {
      const target = canvas.current;
      if (!left && target) {
        target.width = picture.width;
        target.height = picture.height;
        target.getContext("2d")?.drawImage(picture, 0, 0);
      }
      picture.close();
    });
    return () => {
      left = true;
    };
  }, [data]);
  return (
    <div className={classes.previewPicture} data-waiting={wanted !== at || isPlaceholderData || undefined}>
      {isError ? <span>{t("video.noPicture")}</span> : <canvas ref={canvas} role="img" aria-label={label} />}
    </div>
  );
}
