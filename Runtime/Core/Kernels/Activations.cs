using System.Numerics;
using System.Runtime.CompilerServices;

namespace KnDsl;

/// <summary>
/// The activations, as torch computes them: what is not a number stays so, and where there is a kink the gradient is torch's. Relu and
/// Relu6 give the same gradient for x as for their output in its place.
/// </summary>
internal static class Activations<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static T Three => T.CreateTruncating(3);

    private static T Six => T.CreateTruncating(6);

    private static T Half => T.CreateTruncating(0.5);

    internal readonly struct None : IActivation<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => x;

        public static T Of(T x) => x;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Gradient(Vector<T> x, Vector<T> gradient) => gradient;

        public static T Gradient(T x, T gradient) => gradient;
    }

    internal readonly struct Relu : IActivation<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => Gradient(x, x);

        public static T Of(T x) => Gradient(x, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Gradient(Vector<T> x, Vector<T> gradient) =>
            Vector.AndNot(gradient, Vector.LessThanOrEqual(x, Vector<T>.Zero));

        public static T Gradient(T x, T gradient) => x <= T.Zero ? T.Zero : gradient;
    }

    internal readonly struct Relu6 : IActivation<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x)
        {
            var six = new Vector<T>(Six);
            return Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, six), six, Relu.Of(x));
        }

        public static T Of(T x) => x >= Six ? Six : Relu.Of(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Gradient(Vector<T> x, Vector<T> gradient) =>
            Vector.AndNot(Relu.Gradient(x, gradient), Vector.GreaterThanOrEqual(x, new Vector<T>(Six)));

        public static T Gradient(T x, T gradient) => x >= Six ? T.Zero : Relu.Gradient(x, gradient);
    }

    internal readonly struct Hardswish : IActivation<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => x * Relu6.Of(x + new Vector<T>(Three)) / new Vector<T>(Six);

        public static T Of(T x) => x * Relu6.Of(x + Three) / Six;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Gradient(Vector<T> x, Vector<T> gradient)
        {
            var three = new Vector<T>(Three);
            var above = Vector.ConditionalSelect(
                Vector.GreaterThanOrEqual(x, three), gradient, gradient * (x / three + new Vector<T>(Half)));
            return Vector.AndNot(above, Vector.LessThanOrEqual(x, -three));
        }

        public static T Gradient(T x, T gradient) =>
            x <= -Three ? T.Zero : x >= Three ? gradient : gradient * (x / Three + Half);
    }

    internal readonly struct Silu : IActivation<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => x / (Vector<T>.One + Exp(-x));

        public static T Of(T x) => x / (T.One + T.Exp(-x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Gradient(Vector<T> x, Vector<T> gradient)
        {
            var sigmoid = Vector<T>.One / (Vector<T>.One + Exp(-x));
            return gradient * sigmoid * (Vector<T>.One + x * (Vector<T>.One - sigmoid));
        }

        public static T Gradient(T x, T gradient)
        {
            var sigmoid = T.One / (T.One + T.Exp(-x));
            return gradient * sigmoid * (T.One + x * (T.One - sigmoid));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<T> Exp(Vector<T> x) => typeof(T) == typeof(float)
            ? Vector.Exp(x.As<T, float>()).As<float, T>()
            : Vector.Exp(x.As<T, double>()).As<double, T>();
    }
}
