namespace QuicProChat.Mesh.Wire;

/// <summary>What can be wrong with the bytes of a Hello.</summary>
public enum HelloFaultKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is larger than a Hello may be.</summary>
    TooLarge,

    /// <summary>It does not begin with a map that it has room for.</summary>
    NoMap,

    /// <summary>A key is no number.</summary>
    BadKey,

    /// <summary>A key is there twice.</summary>
    KeyTwice,

    /// <summary>A value is cut, of another type or size, or out of its limits.</summary>
    BadValue,

    /// <summary>A required key is missing.</summary>
    KeyMissing,

    /// <summary>Something follows the map.</summary>
    Longer,
}

/// <summary>What is wrong with a Hello that does not parse.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">Which key it is about, where it is about one.</param>
public readonly record struct HelloFault(HelloFaultKind Kind, uint Key = 0)
{
    /// <summary>The fault in words.</summary>
    public override string ToString() => Kind switch
    {
        HelloFaultKind.None => "nothing is wrong",
        HelloFaultKind.TooLarge => $"it has more than {Limits.Arbitrary.MaxHello} bytes",
        HelloFaultKind.NoMap => "it is no map, or one that is cut",
        HelloFaultKind.BadKey => "a key is no number, or the map is cut",
        HelloFaultKind.KeyTwice => $"key {Key} is there twice",
        HelloFaultKind.BadValue => $"the value of key {Key} is cut or not an allowed one",
        HelloFaultKind.KeyMissing => $"key {Key} is missing",
        HelloFaultKind.Longer => "something follows the map",
        _ => throw new InvalidOperationException($"There is no fault {Kind}."),
    };
}
