// A part of the picture that is kept as long as what it is made of stays the same.

export class Sheet {
  private readonly canvas = document.createElement("canvas");
  private key: readonly unknown[] = [];

  /** Lays it over the picture; `paint` is asked for it only where `key` has changed. */
  draw(
    ctx: CanvasRenderingContext2D,
    key: readonly unknown[],
    paint: (ctx: CanvasRenderingContext2D) => void,
  ): void {
    const { width, height } = ctx.canvas;
    const same = key.length === this.key.length && key.every((part, k) => part === this.key[k]);
    if (!same || this.canvas.width !== width || this.canvas.height !== height) {
      this.key = key;
      this.canvas.width = width;
      this.canvas.height = height;
      const own = this.canvas.getContext("2d")!;
      own.setTransform(ctx.getTransform());
      paint(own);
    }
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(this.canvas, 0, 0);
    ctx.restore();
  }
}
