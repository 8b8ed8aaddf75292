namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>
/// A serial device is in use: by another process, or by another radio of this one under another name.
/// </summary>
/// <param name="path">The device as it was named.</param>
public sealed class DeviceHeldException(string path) : IOException($"{path}: another process holds the device.");
