namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ExtensionType extension_type;                   uint16
//     opaque extension_data<V>;
// } Extension;                                        RFC 9420, section 7.2
/// <summary>One extension.</summary>
/// <param name="Type">See <see cref="ExtensionType"/>.</param>
/// <param name="Data">Its content; the meaning depends on the type.</param>
public readonly record struct Extension(ushort Type, ReadOnlyMemory<byte> Data);
