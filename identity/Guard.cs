namespace QuicProChat.Mesh.Identity;

/// <summary>Argument checks for local misuse; hostile input never reaches these.</summary>
internal static class Guard
{
    internal static void Length(ReadOnlySpan<byte> value, int expected, string name)
    {
        if (value.Length != expected)
            Throw(value.Length, expected, name);
    }

    private static void Throw(int actual, int expected, string name) =>
        throw new ArgumentException($"{name} must be {expected} bytes, not {actual}.", name);
}
