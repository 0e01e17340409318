"""GLSL shaders that colour by segment and keep thin neurites visible.

The vertex shader reads the values of a segment and of its neighbours from a texture with one entry for
each segment: a new frame uploads only that texture. Code 0 means "no value", drawn as grey stripes, which
no colour map has. The fragment shader interpolates linearly between segment middles and looks up the colour.

A tube thinner than `minPx` on the screen is widened along its normals to that width, so that dendrites do
not break into dots; the shading fades there, because a lit side thinner than a pixel only flickers.
"""

from __future__ import annotations

from vtkmodules.vtkRenderingCore import vtkShaderProperty

TEXTURE_WIDTH = 1024
CODE_LOW, CODE_SPAN = 1 / 32, 30 / 32

_VALUES_DEC = """//VTK::ValuePass::Dec
in vec3 segIds; in vec2 tube;
uniform sampler2D segValues;
flat out vec3 segV; out float segT;
float valueAt(float id) {
  int i = int(id + 0.5);
  return texelFetch(segValues, ivec2(i % WIDTH, i / WIDTH), 0).r;
}
""".replace("WIDTH", str(TEXTURE_WIDTH))

_VALUES_IMPL = """//VTK::ValuePass::Impl
{ float own = valueAt(segIds.x), low = valueAt(segIds.y), high = valueAt(segIds.z);
  segV = vec3(own, low < 0.01 ? own : 0.5 * (own + low), high < 0.01 ? own : 0.5 * (own + high));
  segT = tube.x; }
"""

_COLOR_DEC = """//VTK::ValuePass::Dec
flat in vec3 segV; in float segT;
vec3 segColor() {
  if (segV.x < 0.01)
    return noValueColor * (mod(gl_FragCoord.x + gl_FragCoord.y, 8.0) < 4.0 ? 1.0 : 0.55);
  float v = segT < 0.5 ? mix(segV.y, segV.x, 2.0 * segT) : mix(segV.x, segV.z, 2.0 * segT - 1.0);
  v = clamp((v - LOW) / SPAN, 0.0, 1.0);
  return texture(segLut, vec2(v * (511.0 / 512.0) + 0.5 / 512.0, 0.5)).rgb;
}
""".replace("LOW", str(CODE_LOW)).replace("SPAN", str(CODE_SPAN))

_TUBE_POSITION = """
  vec4 pMC = vertexMC;
  float pixel = pxScale * (MCDCMatrix * vertexMC).w;
  pMC.xyz += normalMC * (max(0.0, minPx * pixel - tube.y) + rimPx * pixel);
  vertexVCVSOutput = MCVCMatrix * pMC;
  gl_Position = MCDCMatrix * pMC;
  lit = smoothstep(0.7, 2.5, tube.y / pixel);
"""

_TUBE_LIGHT = """
  vec3 n = normalVCVSOutput;
  float facing = clamp(n.z, 0.0, 1.0);
  float shade = mix(0.60, 1.0, smoothstep(0.0, 0.85, facing)) + 0.05 * n.y;
  vec3 base = segColor();
  vec3 glint = vec3(0.10 * pow(clamp(dot(n, normalize(vec3(0.25, 0.45, 0.86))), 0.0, 1.0), 40.0));
  gl_FragData[0] = vec4(mix(base * 0.94, base * min(shade, 1.0) + glint, lit), 1.0);
"""

_LINE_LIGHT = """
  gl_FragData[0] = vec4(segColor() * 0.92, 1.0);
"""


class ShaderText:
    """Collects the code replacements and the uniforms that all actors of one kind share."""

    def __init__(self) -> None:
        self.property = vtkShaderProperty()
        self.vertex_uniforms = self.property.GetVertexCustomUniforms()
        self.fragment_uniforms = self.property.GetFragmentCustomUniforms()
        self._numbers: dict[str, float | tuple[float, ...]] = {}

    def vertex(self, tag: str, text: str) -> None:
        """Replace a tag of VTK's vertex shader."""
        self.property.AddVertexShaderReplacement(tag, True, text, False)

    def fragment(self, tag: str, text: str) -> None:
        """Replace a tag of VTK's fragment shader."""
        self.property.AddFragmentShaderReplacement(tag, True, text, False)

    def set_number(self, name: str, value: float) -> None:
        """Set a float of the vertex shader if it changed."""
        if self._numbers.get(name) != value:
            self._numbers[name] = value
            self.vertex_uniforms.SetUniformf(name, value)

    def set_fragment_number(self, name: str, value: float) -> None:
        """Set a float of the fragment shader if it changed."""
        if self._numbers.get(name) != value:
            self._numbers[name] = value
            self.fragment_uniforms.SetUniformf(name, value)

    def set_color(self, name: str, rgb: tuple[float, float, float]) -> None:
        """Set a colour of the fragment shader if it changed."""
        if self._numbers.get(name) != rgb:
            self._numbers[name] = rgb
            self.fragment_uniforms.SetUniform3f(name, list(rgb))


def _values(shader: ShaderText) -> None:
    shader.vertex("//VTK::ValuePass::Dec", _VALUES_DEC)
    shader.vertex("//VTK::ValuePass::Impl", _VALUES_IMPL)
    shader.fragment("//VTK::ValuePass::Dec", _COLOR_DEC)
    shader.set_color("noValueColor", (0.5, 0.5, 0.5))


def _add_widening(shader: ShaderText, light_out: bool) -> None:
    declare = "//VTK::Camera::Dec\nout float lit;\n"
    shader.vertex("//VTK::Camera::Dec", declare if light_out else declare + "in vec2 tube;\n")
    shader.vertex("//VTK::PositionVC::Impl", _TUBE_POSITION)
    for name, value in (("minPx", 0.75), ("rimPx", 0.0), ("pxScale", 0.001)):
        shader.set_number(name, value)


def tube_shader() -> ShaderText:
    """Return the shader of tubes coloured by value."""
    shader = ShaderText()
    _values(shader)
    _add_widening(shader, light_out=True)
    shader.fragment("//VTK::Camera::Dec", "//VTK::Camera::Dec\n")
    shader.fragment("//VTK::Light::Dec", "//VTK::Light::Dec\nin float lit;\n")
    shader.fragment("//VTK::Light::Impl", _TUBE_LIGHT)
    return shader


def line_shader() -> ShaderText:
    """Return the shader of lines coloured by value."""
    shader = ShaderText()
    _values(shader)
    shader.fragment("//VTK::Light::Impl", _LINE_LIGHT)
    return shader


def outline_shader() -> ShaderText:
    """Return the shader of outlines: tubes widened by `rimPx`, in the colour of each vertex."""
    shader = ShaderText()
    _add_widening(shader, light_out=False)
    shader.vertex(
        "//VTK::ValuePass::Dec", "//VTK::ValuePass::Dec\nin vec3 rimColor; out vec3 rim;\n"
    )
    shader.vertex("//VTK::ValuePass::Impl", "//VTK::ValuePass::Impl\nrim = rimColor;\n")
    shader.fragment("//VTK::ValuePass::Dec", "//VTK::ValuePass::Dec\nin vec3 rim;\n")
    shader.fragment("//VTK::Light::Impl", "gl_FragData[0] = vec4(rim, 1.0);\n")
    shader.set_number("rimPx", 2.0)
    return shader
