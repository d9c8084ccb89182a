import { ChevronLeft, ChevronRight, Pause, Play } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { A11y, Autoplay, Keyboard, Pagination } from "swiper/modules";
import { Swiper, SwiperSlide } from "swiper/react";
import "swiper/css";
import "swiper/css/pagination";
import "../../styles/showcase.css";
import { useCarousel } from "../../hooks/useCarousel";
import { cn } from "../../lib/cn";
import { IconButton } from "../ui/IconButton";
import { CallScene, ChatScene, DevicesScene, DoorScene, ScreenScene, ServerScene } from "./scenes";

const SLIDES = ["call", "screen", "chat", "door", "server", "devices"] as const;
type Slide = (typeof SLIDES)[number];

const SCENES: Record<Slide, [ComponentType, string]> = {
  call: [CallScene, "bg-accent-soft"],
  screen: [ScreenScene, "bg-warm-soft"],
  chat: [ChatScene, "bg-raised"],
  door: [DoorScene, "bg-warm-soft"],
  server: [ServerScene, "bg-accent-soft"],
  devices: [DevicesScene, "bg-raised"],
};

const SHOWN_MS = 5000;
const MOVES_MS = 450;

/** What Milanio can do, in pictures. It goes on by itself, unless someone points at it, uses it, or wants no motion. */
export function Showcase() {
  const { t, i18n } = useTranslation("landing");
  const carousel = useCarousel();
  const { calm } = carousel;
  return (
    <section
      aria-label={t("showcase.label")}
      aria-roledescription={t("showcase.role")}
      {...carousel.holders}
      className="min-w-0 overflow-hidden rounded-[28px] border border-line bg-surface shadow-card"
    >
      <Swiper
        // It reads its options once: another one for another wish or language.
        key={`${calm}-${i18n.language}`}
        onSwiper={carousel.attach}
        modules={[A11y, Autoplay, Keyboard, Pagination]}
        rewind
        speed={calm ? 0 : MOVES_MS}
        autoplay={calm ? false : { delay: SHOWN_MS, disableOnInteraction: false }}
        keyboard={{ onlyInViewport: true }}
        pagination={{ el: ".showcase-dots", clickable: true, bulletElement: "button" }}
        a11y={{
          slideLabelMessage: t("showcase.slide", { index: "{{index}}", count: SLIDES.length }),
          paginationBulletMessage: t("showcase.goTo", { index: "{{index}}" }),
        }}
      >
        {SLIDES.map((slide) => (
          <SwiperSlide key={slide}>
            <SlideContent slide={slide} />
          </SwiperSlide>
        ))}
      </Swiper>
      <Bar carousel={carousel} />
    </section>
  );
}

function SlideContent({ slide }: { slide: Slide }) {
  const { t } = useTranslation("landing");
  const [Picture, background] = SCENES[slide];
  return (
    <figure className="flex h-full flex-col">
      <div className={cn("px-4 py-5 sm:px-8 sm:py-8", background)}>
        <Picture />
      </div>
      <figcaption className="px-5 pt-4 pb-2 sm:px-7 sm:pt-5">
        <h2 className="text-lg sm:text-xl">{t(`slides.${slide}.title`)}</h2>
        <p className="mt-1 min-h-12 text-[15px] text-quiet">{t(`slides.${slide}.text`)}</p>
      </figcaption>
    </figure>
  );
}

function Bar({ carousel }: { carousel: ReturnType<typeof useCarousel> }) {
  const { t } = useTranslation("landing");
  const { calm, stopped, toggle, previous, next } = carousel;
  return (
    <div className="flex items-center gap-1 px-3 pb-3 sm:px-5 sm:pb-4">
      <span className="showcase-dots grow" />
      <IconButton icon={ChevronLeft} label={t("showcase.previous")} look="ghost" onClick={previous} />
      {!calm && (
        <IconButton
          icon={stopped ? Play : Pause}
          label={stopped ? t("showcase.play") : t("showcase.pause")}
          look="ghost"
          onClick={toggle}
        />
      )}
      <IconButton icon={ChevronRight} label={t("showcase.next")} look="ghost" onClick={next} />
    </div>
  );
}
