// Few-step models through the C interface: a teacher's bytes, the samplers, and what is refused.
#include <gtest/gtest.h>

#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;

pf_status create_student(std::string_view options, const std::vector<std::uint8_t>& teacher,
                         pf_handle* trainer) {
  return pf_create_trainer(options.data(), options.size(), nullptr, nullptr, nullptr, 0, nullptr,
                           nullptr, 0, teacher.data(), teacher.size(), trainer);
}

TEST(CapiFewStep, AMeanFlowJumpsAndHasAVelocity) {
  Owned trainer, sampled, evaluated;
  ASSERT_EQ(create(R"({"objective": "mean-flow", "width": 16, "depth": 2, "batch": 32})", &trainer),
            PF_OK)
      << error_message();
  ASSERT_EQ(pf_step_trainer(trainer, 3, nullptr), PF_OK) << error_message();
  ASSERT_EQ(sample(trainer, R"({"n": 9, "sampler": "jump", "steps": 1})", &sampled), PF_OK)
      << error_message();
  EXPECT_EQ(view_of(sampled, "points").shape[0], 9u);
  EXPECT_EQ(field(trainer, R"({"t": 0.5})", &evaluated), PF_OK) << error_message();
}

TEST(CapiFewStep, AStudentLearnsFromATeachersBytes) {
  Owned teacher, saved, student, sampled, evaluated;
  ASSERT_EQ(create(kSmall, &teacher), PF_OK);
  ASSERT_EQ(pf_save_trainer(teacher, &saved), PF_OK);
  const auto bytes = values_of<std::uint8_t>(saved, "bytes");
  constexpr std::string_view kStudent =
      R"({"objective": "consistency-distillation", "width": 16, "depth": 2, "batch": 32})";
  ASSERT_EQ(create_student(kStudent, bytes, &student), PF_OK) << error_message();
  ASSERT_EQ(pf_step_trainer(student, 3, nullptr), PF_OK) << error_message();
  ASSERT_EQ(sample(student, R"({"n": 9, "sampler": "consistency", "steps": 2})", &sampled), PF_OK)
      << error_message();
  pf_handle refused = 0;
  expect_refused(sample(student, R"({"n": 9})", &refused), PF_INVALID_ARGUMENT,
                 "use sampler consistency");
  expect_refused(field(student, R"({"t": 0.5})", &refused), PF_INVALID_ARGUMENT,
                 "no velocity follows");
  EXPECT_EQ(field(student, R"({"t": 0.5, "quantity": "data"})", &evaluated), PF_OK);
  expect_refused(create(kStudent, &refused), PF_INVALID_ARGUMENT, "learns from a teacher");
  expect_refused(create_student(kSmall, bytes, &refused), PF_INVALID_ARGUMENT,
                 "a teacher needs objective");
  expect_refused(create_student(kStudent, {1, 2, 3}, &refused), PF_IO, "teacher");
  EXPECT_EQ(refused, 0u);
}

}  // namespace
