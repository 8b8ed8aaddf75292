using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Mls;

/// <summary>A value, or the reason why there is none.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct MlsResult<T>
{
    private readonly T? _value;

    private MlsResult(T? value, MlsError error)
    {
        _value = value;
        Error = error;
    }

    /// <summary>The reason of failure; its code is <see cref="MlsErrorCode.None"/> on success.</summary>
    public MlsError Error { get; }

    /// <summary>True if there is a value.</summary>
    public bool IsOk => !Error.Failed;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; look at <see cref="Error"/> first.</exception>
    public T Value => IsOk ? _value! : throw new InvalidOperationException($"No value: {Error}.");

    /// <summary>Gives the value if there is one.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return IsOk;
    }

    /// <summary>Wraps a value.</summary>
    public static implicit operator MlsResult<T>(T value) => new(value, default);

    /// <summary>Wraps an error.</summary>
    public static implicit operator MlsResult<T>(MlsError error) => error.Failed
        ? new(default, error)
        : throw new ArgumentException("Success carries a value.", nameof(error));
}
